import { decodeBytes } from "./transfer.ts";

/** A file that stood inside a text, between `begin` and `end`. */
export interface EmbeddedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

const MOST_FILES = 50;

/**
 * Takes uuencoded files out of a text (POSIX uuencode), leaving `mark(name)` in their place.
 * A block that is not whole stays in the text as it is.
 */
export function takeUuencoded(text: string, mark: (name: string) => string): { text: string; files: EmbeddedFile[] } {
  const files: EmbeddedFile[] = [];
  if (!/^begin [0-7]{3,4} /m.test(text)) return { text, files };
  const lines = text.split("\n");
  const out: string[] = [];
  // Where a block without an end was found, no later one is looked for: each search would run to the end again.
  let isEndless = false;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const name: string | undefined =
      isEndless || files.length >= MOST_FILES ? undefined : /^begin [0-7]{3,4} (\S.{0,250}?)\s*$/.exec(line)?.[1];
    const end: number = name === undefined ? -1 : endOfBlock(lines, at + 1);
    isEndless ||= name !== undefined && end === -1;
    if (name === undefined || end === -1) out.push(line);
    else {
      files.push({ name, bytes: decodeBytes(Buffer.from(lines.slice(at + 1, end).join("\n"), "latin1"), "uuencode") });
      out.push(mark(name));
      at = end;
    }
  }
  return { text: out.join("\n"), files };
}

function endOfBlock(lines: readonly string[], from: number): number {
  for (let at = from; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trimEnd();
    if (line === "end") return at;
    if (line !== "" && !isUuLine(line)) return -1;
  }
  return -1;
}

function isUuLine(line: string): boolean {
  const length = (line.charCodeAt(0) - 32) & 63;
  const coded = Math.ceil(length / 3) * 4;
  // Blanks at the end get lost on the way, and some encoders add a checksum.
  return /^[ -`]+$/.test(line) && line.length <= coded + 3 && line.length >= Math.min(coded, Math.ceil(coded / 2));
}
