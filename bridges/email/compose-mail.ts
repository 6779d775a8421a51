import { addAbortSignal, Readable } from "node:stream";
import type { SendMailOptions } from "nodemailer";
import type { OutboundAttachment, OutboundMessage, Party } from "../../src/adapter/index.ts";
import type { OwnAddress } from "./addresses.ts";
import type { MailWords } from "./layout.ts";
import { tidyFileName, tidyLine, tidyMediaType } from "./tidy.ts";

/** Public name of an answer, without angle brackets: equal on each attempt. */
export const messageIdOf = (deliveryId: string, own: OwnAddress) => `${deliveryId}@${own.domain}`;

/**
 * An answer as nodemailer takes it.
 * @param onUnreadable called when a file cannot be read, before the attempt fails for it.
 * @param signal aborts when the attempt is over: no file is read any longer.
 */
export function composeMail(
  message: OutboundMessage,
  words: MailWords,
  own: OwnAddress,
  onUnreadable: (fault: unknown) => void,
  signal: AbortSignal,
): SendMailOptions {
  const name = tidyLine(message.fromName, 200);
  const replyAddress = own.withToken(message.thread.token);
  const citizen = toMailbox(message.to);
  const others = (message.cc ?? []).map(toMailbox);
  const { inReplyTo, references } = message.thread;
  const cited = [...references, ...(inReplyTo === undefined || references.includes(inReplyTo) ? [] : [inReplyTo])];
  return {
    messageId: `<${messageIdOf(message.deliveryId, own)}>`,
    date: message.writtenAt,
    from: { name, address: own.address },
    to: citizen,
    envelope: { from: own.address, to: [citizen, ...others].map(({ address }) => address) },
    subject: message.thread.isOpening ? openingSubject(message.subject, name) : replySubject(message.subject, name),
    text: words.text,
    xMailer: false,
    // RFC 3834, 5; Exchange heeds the other one.
    ...(message.automatic ? { headers: { "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All" } } : {}),
    attachments: message.attachments.map((file) => composeFile(file, onUnreadable, signal)),
    ...(others.length === 0 ? {} : { cc: others }),
    ...(replyAddress === undefined ? {} : { replyTo: { name, address: replyAddress } }),
    ...(inReplyTo === undefined ? {} : { inReplyTo: bracketed(inReplyTo) }),
    ...(cited.length === 0 ? {} : { references: shortenChain(cited).map(bracketed).join(" ") }),
    ...(words.html === undefined ? {} : { html: words.html }),
  };
}

const toMailbox = ({ name, address }: Party) => ({ name: tidyLine(name ?? "", 200), address });

const openingSubject = (subject: string | undefined, fallback: string) => tidyLine(subject ?? "", 500) || fallback;

/** One "Re:", whatever the citizen's client had put there; the agency's name when the citizen gave no subject. */
export function replySubject(subject: string | undefined, fallback: string): string {
  const bare = tidyLine(subject ?? "", 500).replace(/^((re|aw|sv|antw|odp|tr|rif|ref)\s*:\s*)+/i, "");
  return `Re: ${bare || fallback}`;
}

const bracketed = (id: string) => `<${tidyLine(id, 900).replace(/[<>\s]/g, "")}>`;

/** RFC 5322, 3.6.4 lets a chain be shortened: its root and its end keep the thread together. */
const LONGEST_CHAIN = 20;
const shortenChain = (ids: readonly string[]) =>
  ids.length <= LONGEST_CHAIN ? ids : [...ids.slice(0, 1), ...ids.slice(1 - LONGEST_CHAIN)];

function composeFile(file: OutboundAttachment, onUnreadable: (fault: unknown) => void, signal: AbortSignal) {
  return {
    filename: tidyFileName(file.name) ?? "file",
    contentType: tidyMediaType(file.type),
    // Base64 carries any file unharmed, a message/rfc822 too: nothing on the way may re-wrap it.
    contentTransferEncoding: "base64" as const,
    content: Readable.from(readFile(file, onUnreadable, signal), { objectMode: false }),
  };
}

/**
 * Opens the file when its turn comes: a connection for each of twenty files would be gone before. When `signal` aborts,
 * its stream is destroyed, though it may be one that waits for bytes that never come.
 */
async function* readFile(file: OutboundAttachment, onUnreadable: (fault: unknown) => void, signal: AbortSignal) {
  try {
    yield* addAbortSignal(signal, await file.open(signal));
  } catch (fault) {
    if (!signal.aborted) onUnreadable(fault);
    throw fault;
  }
}
