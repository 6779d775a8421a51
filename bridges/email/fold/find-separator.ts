import { findHeaders, type Header } from "./find-headers.ts";
import { isBlank, type Line, skipBlank } from "./line.ts";
import { FORWARDED_BY, FORWARDED_MESSAGE, ORIGINAL_MESSAGE } from "./separator-phrases.ts";

/** Where another mail begins, with its head. */
export interface Separator {
  /** Passed on, or the mail that is answered; of a bare head nobody knows. */
  readonly kind: "forward" | "original" | "head";
  readonly headers: readonly Header[];
  /** Index of the first line of its head; where its body begins when it has none. */
  readonly headAt: number;
  /** Index where its body begins. */
  readonly end: number;
}

const PHRASES: ReadonlyMap<string, "forward" | "original"> = new Map([
  ...ORIGINAL_MESSAGE.map((phrase) => [phrase, "original"] as const),
  ...FORWARDED_MESSAGE.map((phrase) => [phrase, "forward"] as const),
]);

const LONGEST_SEPARATOR = 120;

/** A line of dashes or underscores, as stands above a head. */
export const isRule = (words: string): boolean =>
  words.length <= LONGEST_SEPARATOR && /^[-_=*~+#—–─‐‑]{3,}$/.test(words);

/** The separator that begins at line `at`, if one does. */
export function findSeparator(lines: readonly Line[], at: number): Separator | undefined {
  const line = lines[at];
  if (line === undefined || line.words === "" || line.words.length > LONGEST_SEPARATOR) return findHead(lines, at);
  if (isRule(line.words)) {
    const below = skipBlank(lines, at + 1);
    return below - at <= 3 && lines[below]?.depth === line.depth ? findSeparatorBelowRule(lines, below) : undefined;
  }
  const kind = readPhrase(line.words);
  if (kind === undefined) return findHead(lines, at);
  const below = skipBlank(lines, at + 1);
  const head = below - at <= 4 ? findHeaders(lines, below, true) : undefined;
  if (head === undefined && kind.needsHead) return undefined;
  return { kind: kind.is, headers: head?.headers ?? [], headAt: head ? below : at + 1, end: head?.end ?? at + 1 };
}

const findSeparatorBelowRule = (lines: readonly Line[], at: number) =>
  isRule(lines[at]?.words ?? "") ? undefined : findSeparator(lines, at);

function findHead(lines: readonly Line[], at: number): Separator | undefined {
  if (isBlank(lines[at])) return undefined;
  const head = findHeaders(lines, at, false);
  return head && { kind: "head", headers: head.headers, headAt: at, end: head.end };
}

/** A phrase between dashes speaks for itself; without them, a head has to follow. */
function readPhrase(words: string): { is: "forward" | "original"; needsHead: boolean } | undefined {
  const left = /^[-_=*#>~—–─‐‑\s]*/.exec(words)?.[0] ?? "";
  const bare = words.slice(left.length).replace(/[-_=*#<~—–─‐‑\s]+$/, "");
  const phrase = bare
    .replace(/\s*[:：]$/, "")
    .replace(/\s+/g, " ")
    .toLowerCase()
    .normalize("NFC");
  const isFramed = /[-_=~—–─‐‑]{2,}/.test(left);
  const is = PHRASES.get(phrase);
  if (is !== undefined) {
    // "Begin forwarded message:" is framed by nothing.
    const isSaid = is === "forward" && phrase !== bare.toLowerCase() && bare.length > 12;
    return { is, needsHead: !isFramed && !isSaid };
  }
  return isFramed && FORWARDED_BY.some((start) => phrase.startsWith(start))
    ? { is: "forward", needsHead: false }
    : undefined;
}
