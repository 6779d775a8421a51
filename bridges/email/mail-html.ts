import type { OutboundMessage } from "../../src/adapter/index.ts";
import { escapeHtml } from "../../src/adapter/index.ts";

/**
 * Looks that every mail program shows. Outlook for Windows lays out with Word: no classes, no rem, table lines and
 * spaces as attributes too; what it does not know falls back to the element's own look.
 */
const FONT = "font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5";
const CODE = "font-family:Consolas,'Courier New',monospace;font-size:14px";
const LINE = "1px solid #999999";
const LOOKS: Readonly<Record<string, string>> = {
  table: `border="1" cellpadding="6" cellspacing="0" style="border-collapse:collapse;border:${LINE}"`,
  td: `align="left" valign="top" style="border:${LINE};padding:6px;${FONT}"`,
  th: `align="left" valign="top" bgcolor="#eeeeee" style="border:${LINE};padding:6px;${FONT};font-weight:bold"`,
  blockquote: `type="cite" style="border-left:3px solid #cccccc;padding-left:10px;color:#555555"`,
  pre: `style="${CODE};white-space:pre-wrap"`,
  code: `style="${CODE}"`,
};

/** Words as a part of a mail's body; undefined when there are none. */
export function writeWords(message: Pick<OutboundMessage, "text" | "html">): string | undefined {
  const body = message.html ?? (message.text.trim() === "" ? undefined : paragraphs(message.text));
  return body === undefined ? undefined : dress(body);
}

/** Plain words in one element. */
export const writeText = (text: string, tag: "p" | "span" = "p") =>
  `<${tag}>${text.split("\n").map(writeLine).join("<br>")}</${tag}>`;

/** Words that stand back behind the others. */
export const writeMuted = (text: string) => writeText(text).replace("<p>", '<p style="color:#555555">');

export const writeQuote = (quoted: Pick<OutboundMessage, "text" | "html">) =>
  dress(`<blockquote>${quoted.html ?? paragraphs(quoted.text)}</blockquote>`);

/** The core writes tags without attributes of their own, and `<` for nothing else. */
const dress = (html: string) =>
  html.replace(/<(table|td|th|blockquote|pre|code)>/g, (_tag, name: string) => `<${name} ${LOOKS[name]}>`);

export const writeHtmlDocument = (body: string) =>
  '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"></head>' +
  `<body style="${FONT}">${body}</body></html>`;

/** Plain words in the same look, exactly as they were typed. */
const paragraphs = (text: string) =>
  text
    .split(/\n{2,}/)
    .map((paragraph) => writeText(paragraph))
    .join("");

const writeLine = (line: string) =>
  line
    .split(/(\s+)/)
    .map((word) => (/^\s/.test(word) ? keepSpaces(word) : linkify(word)))
    .join("");

/** Mail programs show several spaces as one. */
const keepSpaces = (spaces: string) => spaces.replaceAll("\t", "    ").replace(/ (?= )|^ (?=.)/g, "&nbsp;");

function linkify(word: string): string {
  const [, before = "", address, after = ""] =
    /^([(<"']{0,3})(https?:\/\/[^\s<>"]{1,2000}?)([).,;:!?>"']{0,5})$/i.exec(word) ?? [];
  if (address === undefined) return escapeHtml(word);
  return `${escapeHtml(before)}<a href="${escapeHtml(address)}">${escapeHtml(address)}</a>${escapeHtml(after)}`;
}
