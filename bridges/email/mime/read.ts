import { closeSync, openSync } from "node:fs";
import { type HeaderLines, headerValue } from "../headers.ts";
import type { TextKey } from "../texts.ts";
import { composeWords, type FoundFile } from "./compose-words.ts";
import { readHead } from "./head.ts";
import { openContainers } from "./open-containers.ts";
import { partText, type TextBudget } from "./part-text.ts";
import type { FileEntry, Leaf, Reading, ReadingTask } from "./reading.ts";
import { fileSource, memorySource, type Source } from "./source.ts";
import { decodeBytes } from "./transfer.ts";
import { type Part, walk } from "./walk.ts";

/** Of all text parts of a mail together, in bytes as they stand in it. */
const MOST_WORDS = 4_000_000;
/** In characters; what is longer is cut. */
const LONGEST_TEXT = 1_000_000;
const LONGEST_HTML = 4_000_000;
/** Of files that must be taken out of containers, together; in bytes. */
const MOST_TAKEN_OUT = 32 * 1024 * 1024;

/** Reads a mail with blocking calls, within bounds. Never throws for what a sender wrote, as far as we know. */
export function readMime({ mail, language }: ReadingTask): Reading {
  if ("bytes" in mail)
    return readSource(
      memorySource(Buffer.from(mail.bytes.buffer, mail.bytes.byteOffset, mail.bytes.byteLength)),
      language,
    );
  const descriptor = openSync(mail.path, "r");
  try {
    return readSource(fileSource(descriptor, mail.size), language);
  } finally {
    closeSync(descriptor);
  }
}

function readSource(source: Source, language: ReadingTask["language"]): Reading {
  const { root: tree, isCut } = walk(source);
  const { root, remarks: found, wantsOriginal } = openContainers(tree);
  const remarks = new Set<TextKey>(found);
  const hint = charsetOfWords(tree.lines);
  const budget = { left: MOST_WORDS, isCut: false, hint };
  const words = composeWords(root, language, budget, remarks);
  const taken = { left: MOST_TAKEN_OUT, isCut: false };
  const files = words.files.map((file) => toEntry(file, source, taken)).filter((entry) => entry !== undefined);
  const html = words.html !== undefined && words.html.length > LONGEST_HTML ? undefined : words.html;
  const isShort = words.text.length <= LONGEST_TEXT && html === words.html;
  if (isCut || budget.isCut || taken.isCut || !isShort) remarks.add("remark.cut");
  return {
    lines: headLines(tree, source),
    text: words.text.slice(0, LONGEST_TEXT),
    html,
    files,
    leaves: leavesOf(root, hint),
    remarks: [...remarks],
    wantsOriginal: wantsOriginal || remarks.has("remark.cut") || remarks.has("remark.pgp-encrypted"),
  };
}

/** 8-bit bytes of a head are most likely in the charset of the words below it. */
function headLines(root: Part, source: Source): HeaderLines {
  const charset = firstCharset(root);
  return charset === undefined || !root.lines.some(({ line }) => /[\u0080-\uffff]/.test(line))
    ? root.lines
    : readHead(source.slice(0, root.start), charset).lines;
}

/** Words of a head name their charset even where the body does not. */
function charsetOfWords(lines: HeaderLines): string | undefined {
  const words = ["subject", "from"].map((key) => headerValue(lines, key) ?? "").join(" ");
  return /=\?([\w-]{2,40})(?:\*[\w-]{0,20})?\?[bq]\?/i.exec(words)?.[1];
}

function firstCharset(part: Part): string | undefined {
  if (part.children.length === 0) return part.type.startsWith("text/") ? part.parameters.get("charset") : undefined;
  for (const child of part.children) {
    const charset = firstCharset(child);
    if (charset !== undefined) return charset;
  }
  return undefined;
}

function toEntry({ part, embedded, isReferenced }: FoundFile, mail: Source, taken: TextBudget): FileEntry | undefined {
  const take = (bytes: Buffer) => {
    taken.left -= bytes.length;
    if (taken.left < 0) taken.isCut = true;
    // A copy of its own: a view would take the whole of what it was cut from along to the other thread.
    return taken.left < 0 ? undefined : Uint8Array.from(bytes);
  };
  if (part === undefined) {
    const bytes = embedded === undefined ? undefined : take(embedded.bytes);
    if (embedded === undefined || bytes === undefined) return undefined;
    return {
      name: embedded.name,
      type: "application/octet-stream",
      contentId: undefined,
      inline: false,
      content: { bytes },
    };
  }
  const about = {
    name: part.name ?? nameOfMessage(part),
    type: part.type,
    contentId: part.contentId,
    inline: part.contentId !== undefined && (isReferenced || part.disposition === "inline"),
  };
  if (part.source === mail) return { ...about, content: { start: part.start, end: part.end, encoding: part.encoding } };
  const bytes = take(decodeBytes(part.source.slice(part.start, part.end), part.encoding));
  return bytes === undefined ? undefined : { ...about, content: { bytes } };
}

/** A message that was sent along is a file that mail programs open. */
const nameOfMessage = ({ type }: Part) => (type === "message/rfc822" ? "message.eml" : undefined);

const LONGEST_LEAF = 100_000;
const MOST_LEAF_TEXT = 1_000_000;
/** What reports are made of: words, fields, and the message that they are about. */
const REPORTS = /^(?:text|message)\//;

function leavesOf(root: Part, hint: string | undefined): Leaf[] {
  const budget = { left: MOST_LEAF_TEXT, isCut: false, hint };
  const leaves: Leaf[] = [];
  const visit = (part: Part, depth: number) => {
    const isMessage = part.type === "message/rfc822" && part.children.length > 0;
    if (part.children.length === 0 || isMessage)
      leaves.push({
        type: part.type,
        depth,
        lines: isMessage ? (part.children[0]?.lines ?? []) : part.lines,
        name: part.name,
        text: REPORTS.test(part.type) ? leafText(part, budget) : undefined,
      });
    for (const child of part.children) visit(child, isMessage ? depth + 1 : depth);
  };
  visit(root, 0);
  return leaves;
}

function leafText(part: Part, budget: TextBudget): string {
  const own = { left: Math.min(budget.left, LONGEST_LEAF), isCut: false, hint: budget.hint };
  const text = partText(part, own);
  budget.left -= Math.min(part.end - part.start, LONGEST_LEAF);
  return text;
}
