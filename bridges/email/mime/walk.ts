import { type HeaderLines, headerValue } from "../headers.ts";
import { decodeWords } from "./encoded-words.ts";
import { endOfHead, readHead } from "./head.ts";
import { type Parameterised, readParameters } from "./parameters.ts";
import { memorySource, type Source } from "./source.ts";
import { decodeBytes, type Encoding, readEncoding } from "./transfer.ts";

/** One part of a mail and where its body stands in `source`. */
export interface Part {
  readonly type: string;
  readonly parameters: Parameterised["parameters"];
  readonly lines: HeaderLines;
  readonly disposition: string;
  readonly name: string | undefined;
  /** Without angle brackets. */
  readonly contentId: string | undefined;
  readonly encoding: Encoding;
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  /** Parts of a multipart, or the one message inside message/rfc822. */
  readonly children: readonly Part[];
}

/** What no letter needs; a mail that has more is shown in part, with the whole beside it. */
const DEEPEST = 30;
const MOST_PARTS = 1000;
const LONGEST_HEAD = 256 * 1024;
/** RFC 2046, 5.1.1 allows 70 characters in a boundary; senders write more. */
const LONGEST_BOUNDARY = 16 * 1024;
/** Of a mail that was packed into base64; in bytes. Larger ones stay files. */
const LARGEST_PACKED = 8 * 1024 * 1024;

/** A delimiter line: its multipart's depth among the open ones, and where it stands. */
interface Delimiter {
  readonly level: number;
  readonly isEnd: boolean;
  /** Where the line break before it begins, which belongs to it (RFC 2046, 5.1.1). */
  readonly at: number;
  readonly next: number;
}

/**
 * The tree of a mail's parts (RFC 2045, RFC 2046), in one pass over its bytes. Never throws for what a sender wrote.
 * @returns `isCut` when there was more than a mail may have.
 */
export function walk(source: Source): { readonly root: Part; readonly isCut: boolean } {
  const state = { parts: 0, isCut: false };
  const { part } = readPart({ source, state, boundaries: [], depth: 0 }, 0, "text/plain");
  return { root: part, isCut: state.isCut };
}

interface Place {
  readonly source: Source;
  readonly state: { parts: number; isCut: boolean };
  /** Of the open multiparts, the outermost first. */
  readonly boundaries: readonly string[];
  readonly depth: number;
}

interface Read {
  readonly part: Part;
  /** What ended the part; undefined at the end of the mail. */
  readonly ender: Delimiter | undefined;
}

function readPart(place: Place, from: number, usualType: string): Read {
  const { source, state } = place;
  state.parts += 1;
  const ahead = source.slice(from, Math.min(source.size, from + firstLook(source, from)));
  // A delimiter may stand inside a head that lacks its empty line.
  const limit = endOfHead(ahead) ?? ahead.length;
  const early = place.boundaries.length > 0 ? nextDelimiter(place, Math.max(0, from - 1), from + limit) : undefined;
  const { lines, length } = readHead(ahead.subarray(0, early === undefined ? limit : Math.max(0, early.at - from)));
  const start = from + length;
  const described = describe(lines, usualType);
  const build = (end: number, children: readonly Part[], type = described.type): Part => ({
    ...described,
    type,
    source,
    start: Math.min(start, end),
    end,
    children,
  });
  const mayNest = place.depth < DEEPEST && state.parts < MOST_PARTS;
  const isNest = described.type.startsWith("multipart/") || described.type === "message/rfc822";
  if (isNest && !mayNest) state.isCut = true;
  if (early === undefined && mayNest && described.type.startsWith("multipart/")) {
    const boundary = described.parameters.get("boundary") ?? guessBoundary(source, start) ?? "";
    const read = readParts({ ...place, depth: place.depth + 1 }, start, boundary, described.type);
    // A boundary that ends in blanks is compared with them first, as it stands.
    const { children, ender } =
      read.children.length > 0 || boundary === boundary.trimEnd()
        ? read
        : readParts({ ...place, depth: place.depth + 1 }, start, boundary.trimEnd(), described.type);
    // Without any part it is a text that calls itself multipart.
    const type = children.length > 0 ? described.type : "text/plain";
    return { part: build(ender?.at ?? source.size, children, type), ender };
  }
  if (early === undefined && mayNest && described.type === "message/rfc822" && described.encoding === "none") {
    const { part, ender } = readPart({ ...place, depth: place.depth + 1 }, start, "text/plain");
    return { part: build(Math.max(start, ender?.at ?? source.size), [part]), ender };
  }
  const ender = early ?? nextDelimiter(place, Math.max(from, start - 1), source.size);
  const end = Math.max(start, ender?.at ?? source.size);
  if (mayNest && described.type === "message/rfc822" && end - start <= LARGEST_PACKED) {
    const packed = memorySource(decodeBytes(source.slice(start, end), described.encoding));
    const inner = readPart({ source: packed, state, boundaries: [], depth: place.depth + 1 }, 0, "text/plain");
    return { part: build(end, [inner.part]), ender };
  }
  return { part: build(end, []), ender };
}

function readParts(place: Place, from: number, boundary: string, type: string) {
  const isUsable = boundary !== "" && boundary.length <= LONGEST_BOUNDARY;
  const inner = isUsable ? { ...place, boundaries: [...place.boundaries, boundary] } : place;
  const own = place.boundaries.length;
  const children: Part[] = [];
  let delimiter = nextDelimiter(inner, Math.max(0, from - 1), place.source.size);
  while (delimiter !== undefined && delimiter.level >= own) {
    const isPart = delimiter.level === own && !delimiter.isEnd && delimiter.next < place.source.size;
    if (isPart && place.state.parts >= MOST_PARTS) place.state.isCut = true;
    if (isPart && place.state.parts < MOST_PARTS) {
      const read = readPart(inner, delimiter.next, type === "multipart/digest" ? "message/rfc822" : "text/plain");
      children.push(read.part);
      delimiter = read.ender;
    } else {
      // The epilogue is passed over; but some programs end a multipart and go on with it.
      delimiter = nextDelimiter(inner, delimiter.next - 1, place.source.size);
    }
  }
  return { children, ender: delimiter };
}

/** The next delimiter line of an open multipart that begins at or after `from` and before `limit`. */
function nextDelimiter({ source, boundaries }: Place, from: number, limit: number): Delimiter | undefined {
  if (boundaries.length === 0) return undefined;
  // Right at the beginning no line break stands before it.
  const first = from === 0 ? readDelimiter(source, boundaries, 0, 0) : undefined;
  if (first !== undefined) return first;
  for (let at = source.indexOf("\n--", from); at !== -1 && at < limit; at = source.indexOf("\n--", at + 1)) {
    const found = readDelimiter(source, boundaries, at, at + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param feed where the line break before the line stands. @param from where the line begins. */
function readDelimiter(source: Source, boundaries: readonly string[], feed: number, from: number) {
  const lengths = boundaries.map(({ length }) => length);
  const lineFeed = source.indexOf("\n", from);
  const end = lineFeed === -1 ? source.size : lineFeed;
  // Most lines that begin with dashes are shorter than any boundary: nothing is copied for them.
  if (end - from - 2 < Math.min(...lengths)) return undefined;
  const text = source.slice(from, Math.min(end, from + Math.max(...lengths) + 16)).toString("latin1");
  if (!text.startsWith("--")) return undefined;
  const whole = text.slice(2).replace(/\r$/, "");
  const line = whole.trimEnd();
  const open = boundaries.findLastIndex((boundary) => boundary === whole || boundary === line);
  const level = open === -1 ? endedLevel(line, boundaries) : open;
  if (level === -1) return undefined;
  const isAfterReturn = feed > 0 && source.slice(feed - 1, feed)[0] === CR;
  return {
    level,
    isEnd: open === -1,
    at: isAfterReturn ? feed - 1 : feed,
    next: Math.min(source.size, end + 1),
  };
}

const CR = 0x0d;

/** The multipart that a line ends; words behind a last delimiter are forgiven where it cannot be another's. */
const endedLevel = (line: string, boundaries: readonly string[]): number =>
  boundaries.findLastIndex(
    (boundary) => line === `${boundary}--` || (boundary.length > 8 && line.startsWith(`${boundary}--`)),
  );

/** Of a multipart that does not name its boundary: the first line that looks like one. */
function guessBoundary(source: Source, start: number): string | undefined {
  const text = source.slice(start, Math.min(source.size, start + 4096)).toString("latin1");
  return /(?:^|\n)--([^\s-][^\r\n]{0,200}?)[ \t]*\r?\n[a-z-]+:/i.exec(text)?.[1];
}

function firstLook(source: Source, from: number): number {
  for (let length = 4096; length < LONGEST_HEAD; length *= 4)
    if (from + length >= source.size || endOfHead(source.slice(from, from + length)) !== undefined) return length;
  return LONGEST_HEAD;
}

function describe(lines: HeaderLines, usualType: string) {
  const content = readParameters(headerValue(lines, "content-type"));
  const disposition = readParameters(headerValue(lines, "content-disposition"));
  const id = headerValue(lines, "content-id")?.replace(/^<|>$/g, "");
  const name = disposition.parameters.get("filename") ?? content.parameters.get("name") ?? locationName(lines);
  return {
    lines,
    type: mediaType(content.value, usualType),
    parameters: content.parameters,
    disposition: disposition.value,
    name: name === "" ? undefined : name,
    contentId: id === "" ? undefined : id,
    encoding: readEncoding(headerValue(lines, "content-transfer-encoding")),
  };
}

/** RFC 2045, 5.2: what is no type is plain text; `text` alone is old for it (RFC 1049). */
function mediaType(value: string, usualType: string): string {
  if (value === "") return usualType;
  if (/^[^/\s]+\/[^/\s]+$/.test(value)) return value;
  return value === "html" || value === "text/html"
    ? "text/html"
    : value.startsWith("text") || !value.includes("/")
      ? "text/plain"
      : "application/octet-stream";
}

/** RFC 2557: a part may have a place instead of a name. */
function locationName(lines: HeaderLines): string | undefined {
  const place = decodeWords((headerValue(lines, "content-location") ?? "").slice(-300));
  return /([^/\\?#]{1,200}\.[a-z0-9]{1,8})(?:[?#].*)?$/i.exec(place)?.[1];
}
