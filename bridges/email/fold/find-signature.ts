import { CONTACT, findContacts } from "./contact-block.ts";
import { isRule } from "./find-separator.ts";
import {
  ADDED_NOTES,
  AFTERTHOUGHT,
  DEVICES,
  DISCLAIMER_PHRASES,
  FOOTER_ENDS,
  FOOTER_STARTS,
} from "./footer-phrases.ts";
import { isBlank, type Line } from "./line.ts";
import { anyOf } from "./phrase-list.ts";

/** "-- " (RFC 3676, 4.3), and what programs and people make of it. */
const DELIMITER = /^(?:--|—|––|–|__)$/;
/** More than this below a delimiter is a letter that goes on. Lines, and characters in all of them. */
const MOST_LINES = 20;
const MOST_CHARACTERS = 1_500;
const MOST_NOTES = 6;
const LONGEST_NOTE = 6_000;

/**
 * Lines of one run of the sender's words that are no words of theirs: signatures below a delimiter, footers of phones,
 * disclaimers. `true` per line, from `start` on. Nothing that is not sure.
 * @param sender the sender's name, "" when it is not known: with it, contacts below that name are found too.
 */
export function findSignature(lines: readonly Line[], start: number, end: number, sender: string): boolean[] {
  const found = new Array<boolean>(end - start).fill(false);
  const mark = (from: number, to: number) => found.fill(true, from - start, to - start);
  markKnown(lines, start, end, mark);
  let last = cutBlank(lines, start, end);
  // Footers and notes stand below each other, and below signatures.
  for (let notes = 0; notes < MOST_NOTES; notes += 1) {
    const tail = cutBlank(lines, start, cutRule(lines, start, cutFooter(lines, start, last)));
    if (tail === last) break;
    mark(tail, last);
    last = tail;
  }
  const delimiter = findDelimiter(lines, start, last);
  if (delimiter !== undefined) mark(delimiter, end);
  else if (sender !== "") {
    const letter = Math.max(start, last - 3 * MOST_LINES);
    const contacts = findContacts(lines.slice(letter, last), sender);
    if (contacts !== undefined) mark(letter + contacts, last);
  }
  markFooters(lines, start, end, mark);
  return found;
}

type MarkLines = (from: number, to: number) => void;

/** Containers of signatures. Some programs let people write on in them: what is too much for a signature is none. */
function markKnown(lines: readonly Line[], start: number, end: number, mark: MarkLines): void {
  let from = start;
  let characters = 0;
  for (let index = start; index <= end; index += 1) {
    const line = lines[index];
    if (index < end && line?.mark === "signature") characters += line.words.length;
    else {
      if (characters > 0 && characters <= MOST_CHARACTERS && index - from <= 2 * MOST_LINES) mark(from, index);
      from = index + 1;
      characters = 0;
    }
  }
}

function cutBlank(lines: readonly Line[], start: number, end: number): number {
  let index = end;
  while (index > start && isBlank(lines[index - 1])) index -= 1;
  return index;
}

/** A rule that parts the letter from nothing more. */
function cutRule(lines: readonly Line[], start: number, end: number): number {
  const last = cutBlank(lines, start, end) - 1;
  const words = lines[last]?.words ?? "";
  return last > start && (isRule(words) || DELIMITER.test(words) || words === "ᐧ") ? last : end;
}

/** Index where the last paragraph begins, when it is a disclaimer or a note of a scanner. */
function cutFooter(lines: readonly Line[], start: number, end: number): number {
  let index = end;
  let length = 0;
  while (index > start && !isBlank(lines[index - 1]) && end - index < 2 * MOST_LINES && length < LONGEST_NOTE) {
    index -= 1;
    length += lines[index]?.words.length ?? 0;
  }
  if (length > LONGEST_NOTE || (index > start && !isBlank(lines[index - 1]))) return end;
  const words = lines
    .slice(index, end)
    .map((line) => line.words)
    .join(" ")
    .toLowerCase();
  return isDisclaimer(words) ? index : end;
}

function isDisclaimer(words: string): boolean {
  if (ADDED_NOTES.some((note) => words.includes(note)) && words.length < 600) return true;
  if (words.length < 60) return false;
  return DISCLAIMER_PHRASES.filter((phrases) => phrases.some((phrase) => words.includes(phrase))).length >= 2;
}

/** The first delimiter with little enough below it. The first line of all is none. */
function findDelimiter(lines: readonly Line[], start: number, end: number): number | undefined {
  let characters = 0;
  let count = 0;
  let found: number | undefined;
  for (let index = end - 1; index > start; index -= 1) {
    const line = lines[index];
    if (line === undefined || count > MOST_LINES || characters > MOST_CHARACTERS) break;
    if (count > 0 && delimits(lines, index, end)) found = index;
    if (!isBlank(line)) count += 1;
    characters += line.words.length;
  }
  return found;
}

function delimits(lines: readonly Line[], index: number, end: number): boolean {
  const words = lines[index]?.words ?? "";
  const isDelimiter = DELIMITER.test(words);
  if (!isDelimiter && !isRule(words)) return false;
  const below = lines.slice(index + 1, end).filter((line) => !isBlank(line));
  if (below.some(({ words: each }) => AFTERTHOUGHT.test(each) || each.startsWith("```"))) return false;
  // A rule may as well part a letter: below it, only what reads as a visiting card is a signature.
  const above = lines[cutBlank(lines, 0, index) - 1]?.words ?? "";
  return isDelimiter || (!above.endsWith(":") && isCard(below.map(({ words: each }) => each)));
}

/** Short lines that end no sentence: a name and a title, or more of them with a way to reach someone. */
function isCard(lines: readonly string[]): boolean {
  if (lines.length > 8 || lines.some((line) => line.length > 70 || /[.!?…:,]$|[.!?]\s+\p{Lu}/u.test(line)))
    return false;
  return lines.some((line) => CONTACT.test(line)) || (lines.length <= 2 && !lines.some((line) => /[\d:]/.test(line)));
}

function markFooters(
  lines: readonly Line[],
  start: number,
  end: number,
  mark: (from: number, to: number) => void,
): void {
  for (let index = start; index < end; index += 1) {
    const words = lines[index]?.words ?? "";
    const isLast = index + 1 >= end || isBlank(lines[index + 1]) || isFooter(lines[index + 1]?.words ?? "");
    if (isLast && isFooter(words)) mark(index, index + 1);
  }
}

const LONGEST_FOOTER = 90;
const STARTS = new RegExp(`^(?:${anyOf(FOOTER_STARTS)})`, "u");
const ENDS = new RegExp(`(?:${anyOf(FOOTER_ENDS)})$`, "u");
const SPEAKS_OF_DEVICE = new RegExp(anyOf(DEVICES), "u");
/** ". Please excuse any typos" */
const EXCUSE = /[.,;–-]?\s(?:please )?(?:excuse|forgive|pardon|entschuldigen sie|désolé pour|disculpe)[^.!?]*[.!]?$/;
/** "Sent from my iPad on 3/5/2020" is a remark of the writer's. */
const SAYS_WHEN = /\d[./]\d{1,2}[./]|(?:19|20)\d{2}/;
/** A device that we do not know, in a few words: "Sent from my Fairphone". */
const SHORT = /^sent (?:from my|via|with|using)(?:\s\S{1,20}){1,3}$|^via mobile$/;

/** "Sent from my iPhone", in whatever language. */
function isFooter(words: string): boolean {
  if (words === "" || words.length > LONGEST_FOOTER + 160) return false;
  // The address behind a link counts for nothing.
  const bare = words
    .replace(/[(<[]?https?:\/\/\S+/g, "")
    .replace(/^[-–—*_\s[(]+|[-–—*_\s\])>.]+$/g, "")
    .toLowerCase()
    .replace(EXCUSE, "");
  if (bare.length > LONGEST_FOOTER || bare === "" || /[.!?]\s+\p{L}/u.test(bare) || bare.endsWith("?")) return false;
  if (SAYS_WHEN.test(bare)) return false;
  if (STARTS.test(bare)) return SPEAKS_OF_DEVICE.test(bare) || SHORT.test(bare);
  return ENDS.test(bare) && SPEAKS_OF_DEVICE.test(bare);
}
