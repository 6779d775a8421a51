import { type FoundIntro, findIntro } from "./find-intro.ts";
import { findSeparator, type Separator } from "./find-separator.ts";
import { isBlank, type Line, skipBlank } from "./line.ts";

/**
 * A run of lines. `own` are the sender's words; `intro` announces a quote; `quote` is an announced one, `bareQuote` one
 * that nothing announces; `answered` is the mail below a reply; `forward` one that was passed on, or that nothing stands above.
 */
export interface Section {
  readonly kind: "own" | "intro" | "quote" | "bareQuote" | "answered" | "forward";
  readonly start: number;
  readonly end: number;
  /** Of a forwarded or answered mail. */
  readonly separator?: Separator;
  readonly intro?: FoundIntro;
}

/** Lines as sections, in order and without gaps. One pass; what it looks ahead is bounded. */
export function findSections(lines: readonly Line[]): Section[] {
  const sections: Section[] = [];
  let start = 0;
  let at = 0;
  let hasOwn = false;
  let isCode = false;
  const push = (section: Section) => {
    if (section.start > start) sections.push({ kind: "own", start, end: section.start });
    sections.push(section);
    start = section.end;
    at = section.end;
  };
  while (at < lines.length) {
    const line = lines[at];
    if (line === undefined) break;
    if (line.words.startsWith("```")) isCode = !isCode && closesCode(lines, at);
    const found = isCode || isBlank(line) ? undefined : findSection(lines, at, hasOwn);
    if (found === undefined) {
      hasOwn ||= !isBlank(line);
      at += 1;
    } else for (const section of found) push(section);
  }
  if (start < lines.length) sections.push({ kind: "own", start, end: lines.length });
  return sections;
}

/** A fence that is never closed fences nothing. */
function closesCode(lines: readonly Line[], at: number): boolean {
  for (let index = at + 1; index < Math.min(lines.length, at + 200); index += 1)
    if (lines[index]?.words.startsWith("```")) return true;
  return false;
}

function findSection(lines: readonly Line[], at: number, hasOwn: boolean): Section[] | undefined {
  const line = lines[at];
  if (line === undefined) return undefined;
  if (line.mark === "cut" && line.depth === 0) {
    const separator = findSeparator(lines, skipBlank(lines, at)) ?? nameless(at);
    return [separated(lines, at, separator, hasOwn)];
  }
  const separator = findSeparator(lines, at);
  if (line.depth > 0) return findQuote(lines, at, separator);
  if (separator !== undefined) return [separated(lines, at, separator, hasOwn)];
  const intro = line.mark === "intro" ? markedIntro(lines, at) : findIntro(lines, at);
  if (intro !== undefined) return introduced(lines, at, intro, hasOwn);
  // An indented block is a quote when it says so itself.
  if (line.perhapsQuoted && findIntro(lines, at) !== undefined)
    return [quoted(lines, at, endOfQuote(lines, at, true), undefined)];
  return undefined;
}

const nameless = (at: number): Separator => ({ kind: "original", headers: [], headAt: at, end: at });

function separated(lines: readonly Line[], start: number, separator: Separator, hasOwn: boolean): Section {
  const kind = separator.kind === "forward" || !hasOwn ? "forward" : "answered";
  const below = skipBlank(lines, separator.headAt);
  const isQuoted = (lines[below]?.depth ?? 0) > (lines[start]?.depth ?? 0);
  return { kind, start, end: isQuoted ? endOfQuote(lines, below, false) : lines.length, separator };
}

function introduced(lines: readonly Line[], start: number, intro: FoundIntro, hasOwn: boolean): Section[] | undefined {
  const below = skipBlank(lines, intro.end);
  const next = lines[below];
  const separator = next === undefined ? undefined : findSeparator(lines, below);
  if (separator?.kind === "forward" && next?.depth === 0) return undefined;
  const head: Section = { kind: "intro", start, end: intro.end, intro };
  if (next !== undefined && (next.depth > 0 || next.perhapsQuoted)) {
    const isSoft = next.depth === 0;
    const end = endOfQuote(lines, below, isSoft);
    return [head, { kind: "quote", start: intro.end, end, intro }];
  }
  if (!intro.isStrong) return undefined;
  // Without marks nobody knows where the quote ends: below a sender's own words, all of it is one.
  if (!hasOwn || next === undefined) return [head];
  return [head, { kind: "answered", start: intro.end, end: lines.length, intro }];
}

/** What a mail program's container announces ends where the container does. */
function markedIntro(lines: readonly Line[], at: number): FoundIntro | undefined {
  const known = findIntro(lines, at);
  if (known !== undefined) return { ...known, isStrong: true };
  if (findSeparator(lines, at) !== undefined) return undefined;
  let end = at;
  let length = 0;
  while (lines[end]?.mark === "intro") {
    length += lines[end]?.words.length ?? 0;
    end += 1;
  }
  return length <= 400 ? { isStrong: true, end } : undefined;
}

function findQuote(lines: readonly Line[], start: number, separator: Separator | undefined): Section[] {
  const end = endOfQuote(lines, start, false);
  if (separator?.kind === "forward") return [{ kind: "forward", start, end, separator }];
  return [quoted(lines, start, end, findIntro(lines, start), separator)];
}

function quoted(
  lines: readonly Line[],
  start: number,
  end: number,
  intro: FoundIntro | undefined,
  separator?: Separator,
): Section {
  const isAnnounced = intro !== undefined || separator?.kind === "original" || lines[start]?.mark === "intro";
  return { kind: isAnnounced ? "quote" : "bareQuote", start, end, ...(intro ? { intro } : {}) };
}

/** Index after the last line of the quote at `start`. @param soft whether likely marks count. */
function endOfQuote(lines: readonly Line[], start: number, soft: boolean): number {
  let end = start;
  for (let index = start; index < lines.length; index += 1) {
    const line = lines[index];
    if (line === undefined) break;
    if (line.depth > 0 || (soft && line.perhapsQuoted)) end = index + 1;
    else if (isBlank(line)) continue;
    else if (!isBrokenLink(lines, index)) break;
  }
  return end;
}

/** A long link that a mail program broke off its quote: alone on its line, or the rest of one opened above; quote follows. */
function isBrokenLink(lines: readonly Line[], index: number): boolean {
  const above = lines[index - 1];
  const line = lines[index];
  const below = lines[index + 1];
  if (above === undefined || line === undefined || below === undefined || !(above.depth > 0 && below.depth > 0))
    return false;
  if (line.words.length > 2_000) return false;
  if (/^[(<[]?\s?https?:\/\/\S+$|^[(<[]\s?https?:\/\/\S+[)>\]]\s?>?$/i.test(line.words)) return true;
  return /[(<[]\s?https?:\/\/[^\s)>\]]*$/i.test(above.words.slice(-500)) && /^\S*[)>\]]$/.test(line.words);
}
