import type { InboundMessage, Party } from "../../src/adapter/index.ts";
import { normaliseAddress, type OwnAddress } from "./addresses.ts";
import { isAutomatic } from "./automatic.ts";
import { foldMail } from "./fold/fold-mail.ts";
import { partiesIn, type ReadMail } from "./read-mail.ts";
import type { Assessment } from "./trust/assess.ts";

/** How a mail came to us. */
export interface Arrival {
  readonly dedupeKey: string;
  readonly receivedAt: Date;
  /** Address of ours in the envelope; undefined when only the headers tell (IMAP). */
  readonly recipient: string | undefined;
  /** "" is the null return path; undefined when there is no envelope (IMAP). */
  readonly envelopeFrom: string | undefined;
  /** What is thought of the sender; left out when nobody looked. */
  readonly assessment?: Assessment;
}

/** Code under which mail is set aside whose sender is forged. */
const FORGED = "SENDER_FORGED";

/** A mail and the way it came, as the core takes them in. */
export function toInbound(mail: ReadMail, arrival: Arrival, own: OwnAddress): InboundMessage {
  const ours = arrival.recipient === undefined ? mail.recipients.filter(own.owns) : [arrival.recipient];
  const token = ours.map(own.tokenOf).find((each) => each !== undefined);
  const { trust, remarks = [], rule } = arrival.assessment ?? {};
  const visible = foldMail({ ...mail, isAnswer: mail.references.length > 0, sender: mail.from?.name });
  const envelopeFrom = normaliseAddress(arrival.envelopeFrom ?? "");
  const cc = othersIn(mail, own, ["to", "cc"]);
  const [replyTo] = othersIn(mail, own, ["reply-to"]);
  return {
    dedupeKey: arrival.dedupeKey,
    from: mail.from ?? { address: envelopeFrom ?? NOBODY },
    to: normaliseAddress(ours[0] ?? "") ?? own.address,
    receivedAt: arrival.receivedAt,
    text: mail.text,
    thread: { references: mail.references, ...(token === undefined ? {} : { token }) },
    automatic: isAutomatic(mail.lines, arrival.envelopeFrom, mail.subject),
    attachments: mail.attachments(),
    ...(mail.remoteId === undefined ? {} : { remoteId: mail.remoteId }),
    ...(mail.subject === undefined ? {} : { subject: mail.subject }),
    ...(mail.html === undefined ? {} : { html: mail.html }),
    ...(cc.length === 0 ? {} : { cc }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(visible === undefined ? {} : { visible }),
    ...(trust === undefined ? {} : { trust }),
    ...(remarks.length + mail.remarks.length === 0 ? {} : { remarks: [...remarks, ...mail.remarks] }),
    ...(rule === "hold" ? { hold: FORGED } : {}),
  };
}

/** Correspondents whom the headers of those names list, without the sender and ourselves; each once. */
function othersIn({ lines, from }: ReadMail, own: OwnAddress, keys: readonly string[]): Party[] {
  const others = new Map<string, Party>();
  for (const party of keys.flatMap((key) => partiesIn(lines, key)))
    if (party.address !== from?.address && !own.owns(party.address) && !others.has(party.address))
      others.set(party.address, party);
  return [...others.values()];
}

/** Stands for a sender whom neither header nor envelope names (RFC 2606: no such domain will exist). */
export const NOBODY = "unknown@invalid";
