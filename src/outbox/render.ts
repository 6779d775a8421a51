import { isRecord } from "../domain/is-record.ts";
import type { StoredAnswer } from "../store/schema.ts";
import { readFirstLine, stripReplyFallback, textIn } from "./read-event.ts";
import { renderHtml } from "./render-html.ts";
import { nameMentions } from "./render-mentions.ts";

const TEXT_TYPES = new Set(["m.text", "m.emote"]);
const FILE_TYPES = new Set(["m.image", "m.file", "m.audio", "m.video"]);

type Content = Readonly<Record<string, unknown>>;

export interface RenderOptions {
  /** Its first line is a command alone, which does not leave. */
  readonly isHeaded?: boolean;
}

/**
 * Turns an agent's event into what the citizen gets. Of formatted words, the plain text is made too, so that both say
 * the same; plain words stay as they were typed.
 * @returns undefined when nothing is left to send: an empty text, a file without an address, a kind of message that no
 * channel knows.
 */
export function renderAnswer(content: Content, options: RenderOptions = {}): StoredAnswer | undefined {
  const kind = String(content.msgtype);
  if (FILE_TYPES.has(kind)) return renderFile(content, options);
  if (kind !== "m.location" && !TEXT_TYPES.has(kind)) return undefined;
  const words = kind === "m.location" ? { text: renderPlace(content) } : renderWords(content, options);
  return words.text ? words : undefined;
}

function renderWords(content: Content, { isHeaded = false }: RenderOptions): { text: string; html?: string } {
  const mentions = isRecord(content["m.mentions"]) ? content["m.mentions"].user_ids : undefined;
  const mentioned = Array.isArray(mentions) ? mentions.flatMap((id) => textIn(id) ?? []) : [];
  // Who acts is the agency: an emote begins as one does where there are no names (XEP-0245, RFC 1459 clients).
  const dress = (words: string) => {
    const own = words.replace(/^\s*!(?:reply|note|cc)(?:\s+|$)/i, "");
    return content.msgtype === "m.emote" ? `* ${own.trimStart()}` : own;
  };
  const html = textIn(content.formatted_body);
  if (content.format === "org.matrix.custom.html" && html !== undefined) {
    const formatted = renderHtml(html, isHeaded ? (words) => words : dress, mentioned, isHeaded);
    if (formatted) return formatted;
  }
  const whole = stripReplyFallback(textIn(content.body) ?? "").trim();
  const body = isHeaded ? whole.slice(readFirstLine(content).length).trim() : whole;
  if (isHeaded) return { text: body && nameMentions(body, mentioned) };
  return { text: body && nameMentions(dress(body), mentioned).trim() };
}

function renderFile(content: Content, options: RenderOptions): StoredAnswer | undefined {
  const mxc = textIn(content.url);
  if (!mxc) return undefined;
  const info = isRecord(content.info) ? content.info : {};
  const body = textIn(content.body) ?? "";
  const name = textIn(content.filename) ?? (body || "file");
  // A body that is not the file's name is its caption (Client-Server API 1.10, media captions).
  const hasCaption = textIn(content.filename) !== undefined && body !== name;
  return {
    ...(hasCaption ? renderWords(content, options) : { text: "" }),
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

/** A place in words and figures, which any map understands (RFC 5870). */
function renderPlace(content: Content): string {
  const extended = content["org.matrix.msc3488.location"] ?? content["m.location"];
  const location = isRecord(extended) ? extended : {};
  const uri = textIn(location.uri) ?? textIn(content.geo_uri) ?? "";
  const [, latitude, longitude] = /^geo:(-?[\d.]{1,20}),(-?[\d.]{1,20})/.exec(uri) ?? [];
  const words = textIn(location.description) ?? stripReplyFallback(textIn(content.body) ?? "").trim();
  if (latitude === undefined || longitude === undefined) return words;
  const figures = `${latitude}, ${longitude}`;
  // What clients write by themselves says no more than the figures do.
  return words === "" || words.includes("geo:") ? figures : `${words} (${figures})`;
}
