import { cleanCharacters } from "../html/characters.ts";
import { escapeHtml } from "../html/write-html.ts";
import type { StoredMessage } from "../store/schema.ts";
import type { RemovedContent } from "./picture.ts";
import { type Place, relationIn } from "./portal.ts";
import { sanitiseHtml } from "./sanitise.ts";

/**
 * An event may be 65,536 bytes with everything that servers add (Client-Server API, size limits); bodies get
 * half of it each, in bytes of JSON.
 */
const BODY_LIMIT = 24_000;
const HTML_LIMIT = 32_000;
/** In characters. */
const SUBJECT_LIMIT = 500;

export interface ComposedText {
  readonly content: Readonly<Record<string, unknown>>;
  /** The whole text, when the event does not show all of it: belongs into a file beside it. */
  readonly overflow: string | undefined;
}

/** Sentences for agents, in their language. */
export interface ComposeTexts {
  /** Says what was not loaded, when there is something. */
  readonly notLoaded: (removed: RemovedContent) => string;
}

/** A line of a head that leads to another place. */
export interface HeadLink {
  readonly words: string;
  readonly href: string;
}

/** What the first event of a conversation says beside the words. */
export interface HeadNotes {
  /** A word about the sender. */
  readonly sender?: string | undefined;
  readonly link?: HeadLink | undefined;
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
  const head = joinParts(composeWarnings(message), place ? undefined : composeHead(message, notes));
  const shown = message.visible ?? message;
  const letter = shown.html === undefined ? undefined : sanitiseHtml(shown.html);
  const text = letter?.text || shown.text.trim() || (shown.html ? "" : "—");
  const body = cutToBytes(text, BODY_LIMIT);
  const safe = letter?.html && fits(letter.html) ? letter.html : undefined;
  const html = safe ?? (head && `<p>${escapeHtml(body).replaceAll("\n", "<br>")}</p>`);
  const foot = composeFoot(letter?.removed, texts);
  return {
    content: {
      msgtype: "m.text",
      body: [head?.text, body, foot?.text].filter((part) => part !== undefined && part !== "").join("\n\n"),
      ...(html !== undefined && fits(html)
        ? { format: "org.matrix.custom.html", formatted_body: (head?.html ?? "") + html + (foot?.html ?? "") }
        : {}),
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

const fits = (html: string) => Buffer.byteLength(JSON.stringify(html)) <= HTML_LIMIT;

interface HeadPart {
  readonly text: string;
  readonly html: string;
}

function joinParts(...parts: readonly (HeadPart | undefined)[]): HeadPart | undefined {
  const there = parts.filter((part) => part !== undefined);
  if (there.length === 0) return undefined;
  return { text: there.map(({ text }) => text).join("\n\n"), html: there.map(({ html }) => html).join("") };
}

/** In characters: a remark is a sentence. */
const REMARK_LIMIT = 240;
const MOST_REMARKS = 4;

/** One line each, in the order of their weight. */
function composeWarnings({ trust, remarks = [] }: StoredMessage): HeadPart | undefined {
  const lines = [...(trust?.remark === undefined ? [] : [trust.remark]), ...remarks]
    .slice(0, MOST_REMARKS)
    .map((line) => `⚠️ ${cleanCharacters(line.replace(/\s+/g, " ").slice(0, REMARK_LIMIT))}`);
  if (lines.length === 0) return undefined;
  return { text: lines.join("\n"), html: `<p><em>${lines.map(escapeHtml).join("<br>")}</em></p>` };
}

function composeHead({ subject: whole, from }: StoredMessage, { sender: note, link }: HeadNotes): HeadPart {
  const subject = whole && cleanCharacters(whole.slice(0, SUBJECT_LIMIT));
  const name = from.name && cleanCharacters(from.name);
  const named = name && name !== from.address ? `${name} <${from.address}>` : from.address;
  const sender = note === undefined ? named : `${named} · ${note}`;
  const lines = [
    ...(subject ? [{ text: subject, html: `<strong>${escapeHtml(subject)}</strong>` }] : []),
    { text: sender, html: escapeHtml(sender) },
    ...(link ? [composeLink(link)] : []),
  ];
  return {
    text: lines.map(({ text }) => text).join("\n"),
    html: `<p>${lines.map(({ html }) => html).join("<br>")}</p>`,
  };
}

const composeLink = ({ words, href }: HeadLink): HeadPart => ({
  text: `${words}: ${href}`,
  html: `<a href="${escapeHtml(href)}">${escapeHtml(words)}</a>`,
});

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
