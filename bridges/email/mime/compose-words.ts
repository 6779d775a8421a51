import { escapeHtml } from "../../../src/adapter/index.ts";
import { headerValue } from "../headers.ts";
import { htmlToText } from "../html-text.ts";
import { type Language, say, type TextKey } from "../texts.ts";
import { tidyFileName, tidyLine } from "../tidy.ts";
import { type BodyParts, divide, isInlineMedia } from "./body-parts.ts";
import { describeCalendar } from "./calendar.ts";
import { decodeWords } from "./encoded-words.ts";
import { unflow } from "./flowed.ts";
import { partText, type TextBudget } from "./part-text.ts";
import { readInlinePgp } from "./pgp.ts";
import { takeUuencoded } from "./uuencoded.ts";
import type { Part } from "./walk.ts";

/** One message's words and files, those of the messages inside it included. */
export interface Words {
  readonly text: string;
  /** Undefined when no part of it is HTML. */
  readonly html: string | undefined;
  readonly files: readonly FoundFile[];
}

export interface FoundFile {
  readonly part: Part | undefined;
  /** Of a file that stood inside a text. */
  readonly embedded: { readonly name: string; readonly bytes: Buffer } | undefined;
  /** The HTML shows it where it belongs. */
  readonly isReferenced: boolean;
}

interface Reading {
  readonly language: Language;
  readonly budget: TextBudget;
  readonly remarks: Set<TextKey>;
  /** Messages inside messages that are still taken apart. */
  messagesLeft: number;
}

/** Messages beyond this stay files. */
const MOST_MESSAGES = 50;

export const composeWords = (root: Part, language: Language, budget: TextBudget, remarks: Set<TextKey>): Words =>
  compose(root, { language, budget, remarks, messagesLeft: MOST_MESSAGES });

function compose(root: Part, reading: Reading): Words {
  const body = divide(root);
  const texts = new Map<Part, { text: string; files: FoundFile[] }>();
  const readOnce = (part: Part) => {
    const known = texts.get(part) ?? readPart(part, reading);
    texts.set(part, known);
    return known;
  };
  const images = new Map(
    allParts(root).flatMap((part) => (part.contentId === undefined ? [] : [[part.contentId, part] as const])),
  );
  const shown = new Set<Part>();
  const placeImages = (html: string) => markImages(html, images, shown, reading.language);
  const plain = body.text.map((part) =>
    part.type === "text/html"
      ? htmlToText(placeImages(readOnce(part).text))
      : isInlineMedia(part.type)
        ? imageMark(part, reading.language)
        : readOnce(part).text,
  );
  const hasHtml = body.html.some(({ type }) => type === "text/html");
  const rich = hasHtml
    ? body.html.map((part) =>
        part.type === "text/html"
          ? placeImages(readOnce(part).text)
          : asHtml(isInlineMedia(part.type) ? imageMark(part, reading.language) : readOnce(part).text),
      )
    : [];
  const embedded = [...texts.values()].flatMap(({ files }) => files);
  const files = body.files.map((part) => ({ part, embedded: undefined, isReferenced: shown.has(part) }));
  return addWhatFollows({ plain, rich, hasHtml, files: [...embedded, ...files] }, body, root, reading);
}

/** Appointments and messages that were sent along, in words below the words. */
function addWhatFollows(
  { plain, rich, hasHtml, files }: { plain: string[]; rich: string[]; hasHtml: boolean; files: FoundFile[] },
  body: BodyParts,
  root: Part,
  reading: Reading,
): Words {
  const { language, budget } = reading;
  const joined = joinTexts(plain);
  // A plain form without words is no form: some programs send an empty one beside the HTML.
  const text = joined === "" && hasHtml ? joinTexts(rich.map((html) => htmlToText(html))) : joined;
  const calendars = body.files
    .filter(
      (part) => part.type === "text/calendar" || (part.type === "application/ics" && part.end - part.start < 500_000),
    )
    .map((part) => describeCalendar(partText(part, budget), part.parameters.get("method"), language));
  const appointments = [...new Set(calendars.filter((words) => words !== undefined))];
  const messages = isReport(root)
    ? []
    : body.files.filter((part) => part.type === "message/rfc822").flatMap((part) => openMessage(part, reading));
  const more: Words[] = [...appointments.map((words) => ({ text: words, html: undefined, files: [] })), ...messages];
  const isRich = hasHtml || more.some(({ html }) => html !== undefined);
  const words = {
    text: joinTexts([text, ...more.map((each) => each.text)]),
    html: isRich
      ? [...(hasHtml ? rich : [asHtml(text)]), ...more.map((each) => each.html ?? asHtml(each.text))].join("\n<hr>\n")
      : undefined,
    files: [...files, ...more.flatMap((each) => each.files)],
  };
  return words.text === "" && words.html === undefined ? { ...words, text: lastResort(body, budget) } : words;
}

/** What a server could not deliver is shown by its report, not by the letter it brings back. */
const isReport = (root: Part) => root.type === "multipart/report";

/** Where there are no other words, those of the first file that is a text. */
function lastResort({ files }: BodyParts, budget: TextBudget): string {
  const part = files.find(({ type, start, end }) => type.startsWith("text/") && end - start <= 100_000);
  return part === undefined ? "" : partText(part, budget).trim();
}

function openMessage(part: Part, reading: Reading): Words[] {
  const inner = part.children[0];
  if (inner === undefined || reading.messagesLeft <= 0) return [];
  reading.messagesLeft -= 1;
  const words = compose(inner, reading);
  const fields = (["from", "to", "date", "subject"] as const).flatMap((key) => {
    const value = tidyLine(decodeWords(headerValue(inner.lines, key) ?? ""), 1000);
    return value === "" ? [] : [`${say(`label.${key}`, reading.language)}: ${value}`];
  });
  const head = [`---------- ${say("label.forwarded", reading.language)} ----------`, ...fields].join("\n");
  return [
    {
      text: `${head}\n\n${words.text}`.trimEnd(),
      html: words.html === undefined ? undefined : `${asHtml(head)}\n${words.html}`,
      files: words.files,
    },
  ];
}

function readPart(part: Part, { language, budget, remarks }: Reading): { text: string; files: FoundFile[] } {
  const raw = partText(part, budget);
  if (part.type === "text/html") return { text: raw, files: [] };
  if (part.type !== "text/plain") return { text: stripMarks(raw), files: [] };
  const isFlowed = part.parameters.get("format")?.toLowerCase() === "flowed";
  const pgp = readInlinePgp(raw);
  if (pgp.kind !== undefined) remarks.add(`remark.pgp-${pgp.kind}`);
  const flat = isFlowed ? unflow(pgp.text, part.parameters.get("delsp")?.toLowerCase() === "yes") : pgp.text;
  const { text, files } = takeUuencoded(
    flat,
    (name) => `[${say("label.file", language)}: ${nameOf(name, "uuencode")}]`,
  );
  return { text, files: files.map((embedded) => ({ part: undefined, embedded, isReferenced: false })) };
}

/** text/richtext and text/enriched (RFC 1896): marks in angle brackets, a doubled one is itself. */
const stripMarks = (text: string) =>
  text
    .replace(/<nl>/gi, "\n")
    .replace(/<lt>/gi, "<<")
    .replace(/<\/?[a-z][a-z0-9-]{0,60}>/gi, "")
    .replace(/<</g, "<");

/** Tags beyond this stay as they are. */
const MOST_IMAGES = 2000;

/** Gives images that came along an `alt` that names them, so that text forms and clients say where they stood. */
function markImages(html: string, images: ReadonlyMap<string, Part>, shown: Set<Part>, language: Language): string {
  if (images.size === 0 || !/cid:/i.test(html)) return html;
  let left = MOST_IMAGES;
  return html.replace(/<img\b[^<>]{0,5000}>/gi, (tag) => {
    left -= 1;
    if (left < 0) return tag;
    const id = /\bsrc\s*=\s*["']?\s*cid:([^"'\s>]{1,500})/i.exec(tag)?.[1];
    const part = id === undefined ? undefined : images.get(decodeUri(id));
    if (part === undefined) return tag;
    shown.add(part);
    const bare = tag.replace(/\balt\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi, "");
    return `${bare.replace(/\s*\/?>$/, "")} alt="${escapeHtml(imageMark(part, language).slice(1, -1))}">`;
  });
}

function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const imageMark = (part: Part, language: Language) =>
  `[${say(part.type.startsWith("image/") ? "label.image" : "label.file", language)}: ${nameOf(part.name, part.type)}]`;

const nameOf = (name: string | undefined, type: string) => tidyLine(tidyFileName(name) ?? type, 200);

const allParts = (part: Part): Part[] => [part, ...part.children.flatMap(allParts)];

const joinTexts = (texts: readonly string[]) =>
  texts
    .map((text) => text.replace(/^\n+/, "").trimEnd())
    .filter((text) => text !== "")
    .join("\n\n");

/** In characters: longer plain parts stay out of the HTML form, and are shown as text. */
const LONGEST_PLAIN_PART = 1_000_000;

const asHtml = (text: string) =>
  text.length > LONGEST_PLAIN_PART ? "" : `<p>${escapeHtml(text.trim()).replace(/\n/g, "<br/>")}</p>`;
