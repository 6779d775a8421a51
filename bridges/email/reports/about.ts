import { type HeaderLines, readMessageId, readReferences, shortValue } from "../headers.ts";
import { findAddresses } from "./address.ts";
import { type Fields, fieldOf, readBlocks } from "./fields.ts";
import type { ReadableMail } from "./readable-mail.ts";
import type { About } from "./report.ts";

const MOST_IDS = 20;
/** In characters, of a header that lists ids or addresses. */
const LONGEST_LIST = 8_192;
/** Returned messages, whole or their headers only (RFC 3462, RFC 6533). */
const RETURNED =
  /^(?:message\/(?:rfc822|global|news)|(?:text|message)\/(?:rfc822-headers|global-headers)|message\/rfc822-headers)$/;

/**
 * Which message of ours a report is about.
 * @param cited Message-IDs and envelope id that its own fields name.
 * @param returnedText what a notice in free text quotes of the message, "" when nothing.
 */
export function readAbout(
  mail: ReadableMail,
  cited: { messageIds?: readonly (string | undefined)[]; envelopeId?: string | undefined } = {},
  returnedText = "",
): About {
  const returned = returnedHeaders(mail);
  const ids = [
    ...(cited.messageIds ?? []),
    readMessageId(fieldOf(returned, "message-id")),
    readMessageId(MESSAGE_ID_LINE.exec(returnedText)?.[1]),
    readMessageId(shortValue(mail.lines, "x-original-message-id")),
    ...readReferences(
      shortValue(mail.lines, "in-reply-to", LONGEST_LIST) ?? "",
      shortValue(mail.lines, "references", LONGEST_LIST) ?? "",
    ),
    // Some servers cite the message in a sentence of their own.
    readMessageId(MESSAGE_ID_LINE.exec(mail.text.slice(0, 16_384))?.[1]),
  ].flatMap((id) => id ?? []);
  return {
    messageIds: [...new Set(ids)].slice(0, MOST_IDS),
    ...(cited.envelopeId ? { envelopeId: cited.envelopeId.slice(0, 200) } : {}),
    cameTo: arrivalAddresses(mail.lines),
  };
}

const MESSAGE_ID_LINE = /^[ \t>]{0,20}message-id:[ \t]{0,20}(<[^<>\s]{3,900}>)/im;

/** Headers of the message that came back in a part of its own. */
export function returnedHeaders(mail: ReadableMail): Fields | undefined {
  const part = mail.parts.find(({ type }) => RETURNED.test(type));
  // An empty line first is a fault of some gateways.
  return part && readBlocks(part.text.slice(0, 65_536).replace(/^\s+/, ""))[0];
}

const CAME_TO = new Set(["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc"]);

function arrivalAddresses(lines: HeaderLines): string[] {
  const named = lines.filter(({ key }) => CAME_TO.has(key)).slice(0, 30);
  const found = named.flatMap(({ line }) => findAddresses(line)).map(({ address }) => address);
  return [...new Set(found)].slice(0, 50);
}
