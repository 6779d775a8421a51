import sanitizeHtml from "sanitize-html";
import { sanitiseHtml } from "../conversation/sanitise.ts";
import { isRecord } from "../domain/is-record.ts";
import type { StoredAnswer } from "../store/schema.ts";
import { stripReplyFallback, textIn } from "./read-event.ts";

const TEXT_TYPES = new Set(["m.text", "m.emote"]);
const FILE_TYPES = new Set(["m.image", "m.file", "m.audio", "m.video"]);

/**
 * Turns an agent's event into what the citizen gets.
 * @returns undefined when nothing is left to send: an empty text, a file without an address, a kind of message that no
 * channel knows.
 */
export function renderAnswer(content: Readonly<Record<string, unknown>>): StoredAnswer | undefined {
  const body = textIn(content.body) ?? "";
  if (FILE_TYPES.has(String(content.msgtype))) return renderFile(content, body);
  if (!TEXT_TYPES.has(String(content.msgtype))) return undefined;
  const text = stripCommand(stripReplyFallback(body)).trim();
  const html = textIn(content.formatted_body);
  if (content.format === "org.matrix.custom.html" && html !== undefined) {
    const formatted = renderHtml(html);
    if (formatted) return { text: text || plainOf(formatted), html: formatted };
  }
  return text ? { text } : undefined;
}

function renderFile(content: Readonly<Record<string, unknown>>, body: string): StoredAnswer | undefined {
  const mxc = textIn(content.url);
  if (!mxc) return undefined;
  const info = isRecord(content.info) ? content.info : {};
  const name = textIn(content.filename) ?? (body || "file");
  // A body that is not the file's name is its caption (Client-Server API 1.10, media captions).
  const caption = textIn(content.filename) && body !== name ? stripCommand(stripReplyFallback(body)).trim() : "";
  return {
    text: caption,
    file: {
      name,
      type: textIn(info.mimetype) ?? "application/octet-stream",
      ...(typeof info.size === "number" && Number.isSafeInteger(info.size) && info.size >= 0
        ? { size: info.size }
        : {}),
      mxc,
    },
  };
}

const stripCommand = (text: string) => text.replace(/^\s*!(?:reply|note)(?:\s+|$)/i, "");

function renderHtml(html: string): string {
  const own = html.replace(/<mx-reply>[\s\S]*?<\/mx-reply>/gi, "");
  return sanitiseHtml(own.replace(/^(\s*(?:<p>)?)!(?:reply|note)\s+/i, "$1")).replace(/<a>([\s\S]*?)<\/a>/g, "$1");
}

const plainOf = (html: string) =>
  sanitizeHtml(html.replace(/<br \/>|<\/(?:p|li|h[1-6]|div)>/g, "$&\n"), { allowedTags: [], allowedAttributes: {} })
    .replace(/&(amp|lt|gt|quot);/g, (entity) => PLAIN[entity] ?? entity)
    .trim();

const PLAIN: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"' };
