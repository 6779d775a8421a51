import type { InboundMessage, Party } from "../../src/adapter/index.ts";
import { normaliseAddress, type OwnAddress } from "./addresses.ts";
import { type AutomaticKind, classifyAutomatic } from "./automatic.ts";
import { foldMail } from "./fold/fold-mail.ts";
import { partiesIn, type ReadMail } from "./read-mail.ts";
import type { Report } from "./reports/report.ts";
import { sayReport } from "./reports/say-report.ts";
import { nameAnswers } from "./reports/to-receipt.ts";
import { shortenAutomatic } from "./shorten-automatic.ts";
import { pickLanguage, say, type TextKey } from "./texts.ts";
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

/** Codes under which mail is set aside: its sender is forged, or it could not be read. */
const FORGED = "SENDER_FORGED";
const UNREADABLE = "EMAIL_UNREADABLE";

/** What else is known of a mail. */
export interface Findings {
  /** Of the agents, the preferred one first. */
  readonly languages?: readonly string[];
  /** What it reports of a message of ours. */
  readonly report?: Report;
  /** The report's news are shown with that message already. */
  readonly isApplied?: boolean;
}

/** A mail and the way it came, as the core takes them in. */
export function toInbound(mail: ReadMail, arrival: Arrival, own: OwnAddress, findings: Findings = {}): InboundMessage {
  const ours = arrival.recipient === undefined ? mail.recipients.filter(own.owns) : [arrival.recipient];
  const { trust, remarks = [], rule } = arrival.assessment ?? {};
  const { report } = findings;
  const kind = classifyAutomatic(mail.lines, arrival.envelopeFrom, mail.subject);
  // Nobody who gives no address expects an answer.
  const isAnonymous = mail.from === undefined;
  const automatic = isAnonymous || kind !== undefined || (report !== undefined && findings.isApplied !== true);
  const hold = rule === "hold" ? FORGED : mail.isUnread ? UNREADABLE : undefined;
  const told = [...remarks, ...sayAutomatic(kind, findings), ...mail.remarks];
  const token = [...ours, ...(report?.about.cameTo ?? [])].map(own.tokenOf).find((each) => each !== undefined);
  const about = report && nameAnswers(report, own).deliveryIds;
  const folded = foldMail({ ...mail, isAnswer: mail.references.length > 0, sender: mail.from?.name });
  const beginning = automatic ? shortenAutomatic(folded?.text ?? mail.text) : undefined;
  const visible = beginning === undefined ? folded : { text: beginning };
  const envelopeFrom = normaliseAddress(arrival.envelopeFrom ?? "");
  const cc = othersIn(mail, own, ["to", "cc"]);
  const [replyTo] = othersIn(mail, own, ["reply-to"]);
  return {
    dedupeKey: arrival.dedupeKey,
    from: mail.from ?? { address: envelopeFrom ?? NOBODY },
    to: normaliseAddress(ours[0] ?? "") ?? own.address,
    receivedAt: arrival.receivedAt,
    text: mail.text,
    thread: {
      references: mail.references,
      ...(token === undefined ? {} : { token }),
      ...(about === undefined ? {} : { about }),
    },
    automatic,
    attachments: mail.attachments(),
    ...(mail.remoteId === undefined ? {} : { remoteId: mail.remoteId }),
    ...(mail.subject === undefined ? {} : { subject: mail.subject }),
    ...(mail.html === undefined ? {} : { html: mail.html }),
    ...(cc.length === 0 ? {} : { cc }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(visible === undefined ? {} : { visible }),
    ...(trust === undefined ? {} : { trust }),
    ...(told.length === 0 ? {} : { remarks: told }),
    ...(hold === undefined ? {} : { hold }),
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

/** One sentence about mail that nobody wrote by hand. */
function sayAutomatic(kind: AutomaticKind | undefined, { report, languages = [], isApplied }: Findings): string[] {
  if (report !== undefined) return isApplied ? [] : [sayReport(report, languages)];
  return kind === undefined ? [] : [say(REMARKS[kind], pickLanguage(languages))];
}

const REMARKS: Readonly<Record<AutomaticKind, TextKey>> = {
  bounce: "remark.notification",
  receipt: "remark.notification",
  feedback: "remark.notification",
  vacation: "remark.vacation",
  list: "remark.list",
  notification: "remark.notification",
};

/** Stands for a sender whom neither header nor envelope names (RFC 2606: no such domain will exist). */
export const NOBODY = "unknown@invalid";
