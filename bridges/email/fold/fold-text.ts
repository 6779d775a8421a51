import { foldLines, type Part } from "./fold-lines.ts";
import { type Line, LONGEST_MARKER, readLine } from "./line.ts";
import { opensDated, readIntro } from "./read-intro.ts";

/** A text body, and what is whose in it. */
export interface ReadText {
  readonly lines: readonly Line[];
  readonly parts: readonly Part[];
}

/** Reads a text body. @param text with any line ends; nothing in it takes more than time in proportion to its length. */
export function readText(text: string): ReadText {
  const lines = text
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .flatMap(splitSharedLine)
    .map((line) => readLine(line));
  return { lines, parts: foldLines(lines) };
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
  const own = joinParts(read, (kind) => kind === "own" || kind === "context");
  if (own !== "") return { visible: own, hidden: textsOf(read, (kind) => kind !== "own" && kind !== "context") };
  const forward = read.parts.find(({ kind }) => kind === "forward");
  if (forward === undefined) return { visible: "", hidden: textsOf(read, () => true) };
  const body = Math.max(forward.start, forward.section.separator?.end ?? 0);
  const visible = read.lines.slice(body, forward.end).map((line) => line.text).join("\n").trim();
  const hidden = [
    ...textsOf(read, (kind) => kind !== "forward"),
    read.lines.slice(forward.start, body).map((line) => line.text).join("\n"),
  ];
  return { visible, hidden };
}

/** Text of the parts that `isShown`; a part that is left out takes the blank lines below it along. */
export function joinParts({ lines, parts }: ReadText, isShown: (kind: Part["kind"]) => boolean): string {
  let text = "";
  let leftOut = false;
  for (const { kind, start, end } of parts) {
    if (!isShown(kind)) {
      leftOut = kind !== "intro";
      continue;
    }
    const shown = lines.slice(start, end).map((line) => line.text).join("\n");
    text += `${leftOut ? shown.replace(/^(?:[^\S\n]*\n)+/, "") : shown}\n`;
    leftOut = false;
  }
  return text.replace(/[^\S\n]+$/gm, "").trim();
}

const textsOf = ({ lines, parts }: ReadText, isTaken: (kind: Part["kind"]) => boolean): string[] =>
  parts
    .filter(({ kind }) => isTaken(kind))
    .map(({ start, end }) => lines.slice(start, end).map((line) => line.text).join("\n").trim())
    .filter((text) => text !== "");

/** "Thanks On Wed, Apr 4, 2012 at 3:59 PM, jane@example.org wrote:" is two lines that lost what parted them. */
function splitSharedLine(line: string): string[] {
  if (line.length > LONGEST_MARKER || !/[:：]\s*$/.test(line) || opensDated(line.trim())) return [line];
  const shared = /^(.*?\S)(?:\s+|-{2,}\s*)((?:On|Le|Am|El|Il|Em|Op)\s(?=.{0,24}\d).{10,})$/u.exec(line);
  const [, words, intro] = shared ?? [];
  if (words === undefined || intro === undefined || /^[\s>|]/.test(words)) return [line];
  return readIntro(intro)?.isStrong ? [words.replace(/-{2,}$/, ""), intro] : [line];
}
