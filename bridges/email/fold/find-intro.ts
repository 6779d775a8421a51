import { isBlank, type Line, LONGEST_MARKER, skipBlank } from "./line.ts";
import { type Intro, mayOpenIntro, opensDated, readIntro } from "./read-intro.ts";

export interface FoundIntro extends Intro {
  /** Index after its last line. */
  readonly end: number;
}

/** Mail programs break their own intro: at most so many lines. */
const MOST_LINES = 6;

/** The intro that begins at line `at`, if one does. The cost is bounded: a few lines of a few hundred characters. */
export function findIntro(lines: readonly Line[], at: number): FoundIntro | undefined {
  const first = lines[at];
  if (first === undefined || first.words.length > LONGEST_MARKER || !mayOpenIntro(first.words)) return undefined;
  const isDated = opensDated(first.words);
  let joined = "";
  let index = at;
  for (let taken = 0; taken < MOST_LINES && index < lines.length; taken += 1) {
    const line = lines[index];
    if (line === undefined) return undefined;
    if (taken > 0 && (opensDated(line.words) || !continues(first, line, joined))) return undefined;
    joined += joined === "" ? line.words : ` ${line.words}`;
    if (joined.length > LONGEST_MARKER) return undefined;
    // What opens with no date is one line, or breaks within its address.
    if (taken > 0 && !isDated && !/^(?:\p{L}{1,14}[.,]{0,2}\s){0,2}\d|<|\(/u.test(joined)) return undefined;
    const intro = readIntro(joined);
    if (intro !== undefined && !isCutShort(lines, index, joined)) return { ...intro, end: index + 1 };
    index += 1;
    if (isBlank(lines[index])) {
      const next = skipBlank(lines, index);
      if (next - index > 2 || !/^(?:<|\(?mailto:|>)/.test(lines[next]?.words ?? "")) return undefined;
      index = next;
    }
  }
  return undefined;
}

/** A deeper line goes on with the intro only where its mark closes an address: "Jane <jane@example.org\n> wrote:". */
const continues = (first: Line, line: Line, joined: string) =>
  line.depth === first.depth || (line.depth === first.depth + 1 && joined.split("<").length > joined.split(">").length);

/** "2013/7/20 Jane <jane@example.org>" may have its verb on the next line. */
function isCutShort(lines: readonly Line[], index: number, joined: string): boolean {
  if (/[:：*-]\s*$/.test(joined)) return false;
  const next = lines[index + 1];
  if (next === undefined || isBlank(next) || next.words.length > 60) return false;
  return readIntro(next.words) !== undefined || /^[\p{L}()/ ]{2,40}[:：]$/u.test(next.words);
}
