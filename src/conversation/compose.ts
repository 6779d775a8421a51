import { escapeHtml } from "../html/write-html.ts";
import type { StoredMessage } from "../store/schema.ts";
import { composeHead, type HeadNotes, type HeadTexts } from "./compose-head.ts";
import type { RemovedContent } from "./picture.ts";
import { type Place, relationIn } from "./portal.ts";
import { sanitiseHtml } from "./sanitise.ts";
import { frameWords } from "./words.ts";

/**
 * An event may be 65,536 bytes with everything that servers add (Client-Server API, size limits); bodies get
 * half of it each, in bytes of JSON.
 */
const BODY_LIMIT = 24_000;
const HTML_LIMIT = 32_000;
/** Both with all that stands around them. */
const EVENT_LIMIT = 62_000;

export interface ComposedText {
  readonly content: Readonly<Record<string, unknown>>;
  /** The whole text, when the event does not show all of it: belongs into a file beside it. */
  readonly overflow: string | undefined;
}

/** Sentences for agents, in their language. */
export interface ComposeTexts extends HeadTexts {
  /** Says what was not loaded, when there is something. */
  readonly notLoaded: (removed: RemovedContent) => string;
}

/**
 * The event that shows an arrival's words: those of its HTML, when it has some that can be shown, in both bodies. It has
 * no `m.mentions`: Synapse spends a sixth of a message's cost on an empty one (docs/adr/0007), and a ghost has not the
 * power to call a whole room. The first event in a new conversation carries subject and sender; what agents should know
 * of the sender stands on top.
 */
export function composeText(
  message: StoredMessage,
  place: Place | undefined,
  texts: ComposeTexts,
  notes: HeadNotes = {},
): ComposedText {
  const head = composeHead(message, texts, { isFirst: place === undefined, notes });
  const shown = message.visible ?? message;
  const letter = shown.html === undefined ? undefined : sanitiseHtml(shown.html);
  const text = letter?.text || shown.text.trim() || (shown.html ? "" : "—");
  const body = cutToBytes(text, BODY_LIMIT);
  const safe = letter?.html && fits(letter.html) ? letter.html : undefined;
  const html = safe ?? (head && `<p>${escapeHtml(body).replaceAll("\n", "<br>")}</p>`);
  const foot = composeFoot(letter?.removed, texts);
  const bodies = frameWords({ text: body, html: html !== undefined && fits(html) ? html : undefined }, head, foot);
  return {
    content: {
      msgtype: "m.text",
      ...(sizeOf(bodies) <= EVENT_LIMIT ? bodies : frameWords({ text: body, html: undefined }, head, foot)),
      ...(place ? relationIn(place) : {}),
    },
    overflow:
      message.visible === undefined ? (body.length < text.length ? text : undefined) : message.text.trim() || text,
  };
}

function composeFoot(removed: RemovedContent | undefined, { notLoaded }: ComposeTexts) {
  if (!removed || removed.remoteImages + removed.trackers === 0) return undefined;
  const text = notLoaded(removed);
  return { text, html: `<p><em>${escapeHtml(text)}</em></p>` };
}

const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

const fits = (html: string) => sizeOf(html) <= HTML_LIMIT;

/** Cuts between characters, so that the JSON of the result stays within `limit` bytes. */
function cutToBytes(text: string, limit: number): string {
  if (Buffer.byteLength(JSON.stringify(text)) <= limit) return text;
  let low = 0;
  let high = Math.min(text.length, limit);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (Buffer.byteLength(JSON.stringify(text.slice(0, middle))) <= limit) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low).replace(/[\uD800-\uDBFF]$/, "")} […]`;
}

/** The event that shows a citizen's file. */
export function composeFile(
  file: { name: string; type: string; size: number; mxc: string },
  place: Place,
): Readonly<Record<string, unknown>> {
  return {
    msgtype: messageTypeOf(file.type),
    body: file.name,
    filename: file.name,
    url: file.mxc,
    info: { mimetype: file.type, size: file.size },
    ...relationIn(place),
  };
}

/** SVG is a document with scripts, not a picture: it stays a file. */
function messageTypeOf(type: string): string {
  if (/^image\/(?:png|jpe?g|gif|webp|avif|bmp|heic)$/.test(type)) return "m.image";
  if (type.startsWith("audio/")) return "m.audio";
  if (type.startsWith("video/")) return "m.video";
  return "m.file";
}

/** What stands in a file's place when the homeserver will not take it. */
export const composeLostFile = (name: string, reason: string, place: Place) => ({
  msgtype: "m.notice",
  body: `${name}: ${reason}`,
  ...relationIn(place),
});
