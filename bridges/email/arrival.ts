import type { InboundMessage } from "../../src/adapter/index.ts";
import { normaliseAddress, type OwnAddress } from "./addresses.ts";
import { isAutomatic } from "./headers.ts";
import type { ReadMail } from "./read-mail.ts";

/** How a mail came to us. */
export interface Arrival {
  readonly dedupeKey: string;
  readonly receivedAt: Date;
  /** Address of ours in the envelope; undefined when only the headers tell (IMAP). */
  readonly recipient: string | undefined;
  /** "" is the null return path; undefined when there is no envelope (IMAP). */
  readonly envelopeFrom: string | undefined;
}

/** A mail and the way it came, as the core takes them in. */
export function toInbound(mail: ReadMail, arrival: Arrival, own: OwnAddress): InboundMessage {
  const token =
    arrival.recipient === undefined
      ? mail.recipients.map(own.tokenOf).find((each) => each !== undefined)
      : own.tokenOf(arrival.recipient);
  const envelopeFrom = normaliseAddress(arrival.envelopeFrom ?? "");
  return {
    dedupeKey: arrival.dedupeKey,
    from: mail.from ?? { address: envelopeFrom ?? NOBODY },
    to: own.address,
    receivedAt: arrival.receivedAt,
    text: mail.text,
    thread: { references: mail.references, ...(token === undefined ? {} : { token }) },
    automatic: isAutomatic(mail.lines, arrival.envelopeFrom),
    attachments: mail.attachments(),
    ...(mail.remoteId === undefined ? {} : { remoteId: mail.remoteId }),
    ...(mail.subject === undefined ? {} : { subject: mail.subject }),
    ...(mail.html === undefined ? {} : { html: mail.html }),
    ...(mail.remarks.length === 0 ? {} : { remarks: mail.remarks }),
  };
}

/** Stands for a sender whom neither header nor envelope names (RFC 2606: no such domain will exist). */
export const NOBODY = "unknown@invalid";
