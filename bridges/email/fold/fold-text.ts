import { foldLines, type Part } from "./fold-lines.ts";
import { type Line, LONGEST_MARKER, readLine } from "./line.ts";
import { opensDated, readIntro } from "./read-intro.ts";
import { showForward } from "./unwrap.ts";

/** A text body, and what is whose in it. */
export interface ReadText {
  readonly lines: readonly Line[];
  readonly parts: readonly Part[];
}

/** Texts of more lines are nobody's letter: they are shown as they are. */
const MOST_LINES = 10_000;

/** Reads a text body, with any line ends; undefined for one that has too many lines. */
export function readText(text: string, sender?: string): ReadText | undefined {
  const split = text.replace(/\r\n?/g, "\n").split("\n", MOST_LINES + 1);
  if (split.length > MOST_LINES) return undefined;
  const lines = split.flatMap(splitSharedLine).map((line) => readLine(line));
  return { lines, parts: foldLines(lines, sender) };
}

export interface FoldedText {
  /** What the sender wrote just now; "" when that is nothing. */
  readonly visible: string;
  /** What was folded away, in order. */
  readonly hidden: readonly string[];
}

/**
 * The sender's own words of a text body, apart from quotes, signatures and footers. Of a mail that only passes another
 * one on, the other's words are what there is to read.
 */
export function foldText(text: string): FoldedText {
  const read = readText(text);
  if (read === undefined) return { visible: text, hidden: [] };
  const own = joinParts(read, isOwn);
  if (own !== "") return { visible: own, hidden: textsOf(read, (part) => !isOwn(part)) };
  const forward = read.parts.find(({ kind }) => kind === "forward");
  if (forward === undefined) return { visible: "", hidden: textsOf(read, () => true) };
  const body = Math.max(forward.start, forward.section.separator?.end ?? 0);
  const visible = textOf(read.lines.slice(body, forward.end)).trim();
  const hidden = [...textsOf(read, (part) => part !== forward), textOf(read.lines.slice(forward.start, body))];
  return { visible, hidden };
}

const textOf = (lines: readonly Line[]) => lines.map(({ text }) => text.trimEnd()).join("\n");

const isOwn = ({ kind }: Part) => kind === "own" || kind === "context";

/** Text of the parts that `isShown`; a part that is left out takes the blank lines below it along. */
export function joinParts({ lines, parts }: ReadText, isShown: (part: Part) => boolean): string {
  let text = "";
  let leftOut = false;
  for (const part of parts) {
    if (!isShown(part)) {
      leftOut = part.kind !== "intro";
      continue;
    }
    const shown =
      part.kind === "forward" ? showForward(lines, part.section) : textOf(lines.slice(part.start, part.end));
    text += `${leftOut ? shown.replace(/^(?:[^\S\n]*\n)+/, "") : shown}\n`;
    leftOut = false;
  }
  return text.trim();
}

const textsOf = ({ lines, parts }: ReadText, isTaken: (part: Part) => boolean): string[] =>
  parts
    .filter(isTaken)
    .map(({ start, end }) => textOf(lines.slice(start, end)).trim())
    .filter((text) => text !== "");

/** What parts the sender's words from an intro on the same line. */
const SHARED = /(?:\s|--+\s*)(?=(?:On|Le|Am|El|Il|Em|Op)\s.{0,24}\d)/gu;

/** "Thanks On Wed, Apr 4, 2012 at 3:59 PM, jane@example.org wrote:" is two lines that lost what parted them. */
function splitSharedLine(line: string): string[] {
  if (line.length > LONGEST_MARKER || !/[:：]\s*$/.test(line) || /^[\s>|]/.test(line) || opensDated(line))
    return [line];
  // The last one: a letter may speak of days before.
  const shared = [...line.matchAll(SHARED)].at(-1);
  if (shared === undefined || shared.index === 0) return [line];
  const intro = line.slice(shared.index + shared[0].length);
  return readIntro(intro)?.isStrong ? [line.slice(0, shared.index), intro] : [line];
}
