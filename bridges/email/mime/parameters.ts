import { decodeText } from "./charset.ts";
import { decodeWords } from "./encoded-words.ts";
import { decodeBytes } from "./transfer.ts";

/** A header value with parameters, as in Content-Type: `text/plain; charset=utf-8`. */
export interface Parameterised {
  /** Lower-case. */
  readonly value: string;
  /** By lower-case name, decoded. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MOST_PARAMETERS = 100;
/** In characters: a longer value is cut. */
const LONGEST = 64 * 1024;

/** RFC 2045, 5.1 with RFC 2231 continuations and charsets, and RFC 2047 words in values, which senders prefer. */
export function readParameters(text: string | undefined): Parameterised {
  const [value = "", ...rest] = splitOutsideQuotes((text ?? "").slice(0, LONGEST));
  const plain = new Map<string, string>();
  const pieces = new Map<string, Piece[]>();
  for (const part of rest.slice(0, MOST_PARAMETERS)) {
    const equals = part.indexOf("=");
    if (equals === -1) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const content = unquote(part.slice(equals + 1).trim());
    const found = /^([^*]+)(?:\*(\d{1,3}))?(\*)?$/.exec(name);
    if (found?.[1] === undefined) continue;
    if (found[2] === undefined && found[3] === undefined) {
      if (!plain.has(name)) plain.set(name, decodeWords(content));
    } else {
      const piece = { index: Number(found[2] ?? 0), isCoded: found[3] !== undefined, content };
      pieces.set(found[1], [...(pieces.get(found[1]) ?? []), piece]);
    }
  }
  for (const [name, list] of pieces) plain.set(name, joinPieces(list));
  return { value: value.replace(/\s+/g, "").toLowerCase(), parameters: plain };
}

interface Piece {
  readonly index: number;
  readonly isCoded: boolean;
  readonly content: string;
}

/** RFC 2231, 3 and 4: the first piece names the charset, and only pieces with a star hold escapes. */
function joinPieces(pieces: readonly Piece[]): string {
  const sorted = pieces.toSorted((a, b) => a.index - b.index);
  const named = sorted[0]?.isCoded ? /^([^']*)'[^']*'/.exec(sorted[0].content) : null;
  const bytes = sorted.map(({ isCoded, content }, index) => {
    const coded = index === 0 && named !== null ? content.slice(named[0].length) : content;
    return isCoded ? percentBytes(coded) : Buffer.from(coded);
  });
  return decodeWords(decodeText(Buffer.concat(bytes), named?.[1]));
}

const percentBytes = (text: string): Buffer =>
  decodeBytes(Buffer.from(text.replace(/=/g, "=3D").replace(/%(?=[0-9a-f]{2})/gi, "=")), "quoted-printable");

function splitOutsideQuotes(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === "\\" && isQuoted) at += 1;
    // A quote opens only where a value begins: names with an apostrophe or inch sign are common.
    else if (sign === '"' && (isQuoted || /=\s*$/.test(text.slice(Math.max(start, at - 10), at)))) isQuoted = !isQuoted;
    else if (sign === ";" && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text.replace(/\s*\([^()"]*\)$/, "");
  const end = /^"((?:[^"\\]|\\.)*)"?/s.exec(text)?.[1] ?? "";
  // Windows paths come unescaped: only what must be escaped counts as escaped.
  return end.replace(/\\(["\\])/g, "$1");
}
