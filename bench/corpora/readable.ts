import { buffer } from "node:stream/consumers";
import { type AttachmentStream, MailParser, type MessageText } from "mailparser";
import { htmlToText } from "../../bridges/email/html-text.ts";
import {
  LONGEST_NOTICE,
  LONGEST_PART,
  type ReadableMail,
  type ReadablePart,
} from "../../bridges/email/reports/readable-mail.ts";

/** A mail's bytes as the reading of reports takes them. */
export async function toReadable(bytes: Buffer): Promise<ReadableMail> {
  const parser = new MailParser({
    checksumAlgo: false,
    skipTextLinks: true,
    ignoreEmbedded: true,
    keepDeliveryStatus: true,
    skipHtmlToText: true,
  });
  const parts: ReadablePart[] = [];
  let words: MessageText | undefined;
  let subject = "";
  parser.once("headers", (headers) => {
    subject = String(headers.get("subject") ?? "");
  });
  parser.end(bytes);
  const items: AsyncIterable<AttachmentStream | MessageText> = parser;
  for await (const item of items) {
    if (item.type === "text") words = item;
    else {
      const content = await buffer(item.content);
      if (/^(?:message\/|text\/rfc822)/.test(item.contentType))
        parts.push({ type: item.contentType, text: content.toString("utf8").slice(0, LONGEST_PART) });
      item.release?.();
    }
  }
  const html = words?.html || "";
  const text = words?.text?.trim() ? words.text : /<[a-z!/]/i.test(html) ? htmlToText(html) : html;
  return { lines: parser.headerLines || [], subject, text, parts, rawBody: rawBody(bytes) };
}

function rawBody(bytes: Buffer): string {
  const start = bytes.subarray(0, 256 * 1024).toString("latin1");
  const end = /\r?\n\r?\n/.exec(start);
  return end === null ? "" : start.slice(end.index + end[0].length, end.index + LONGEST_NOTICE);
}
