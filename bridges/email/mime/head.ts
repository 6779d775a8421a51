import type { HeaderLines } from "../headers.ts";
import { decodeText } from "./charset.ts";

/** Header fields as they stand, folding included; 8-bit bytes are text already. */
export interface Head {
  readonly lines: HeaderLines;
  /** Bytes that belong to the head, the empty line included. */
  readonly length: number;
}

/** Longer heads are cut, in bytes; and more fields than this are no mail's. */
const MOST_FIELDS = 2000;

/**
 * Takes a head apart. A line that is no field is passed over when another field follows, else the body begins there.
 * @param bytes of the part, long enough to hold its head.
 * @param hint charset of 8-bit bytes that no encoded word explains: that of the body.
 */
export function readHead(bytes: Buffer, hint?: string): Head {
  const fields: { key: string; start: number; end: number }[] = [];
  let at = 0;
  while (at < bytes.length) {
    const feed = bytes.indexOf(0x0a, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    const line = bytes.toString("latin1", at, Math.min(end, at + 200));
    if (/^\r?\n?$/.test(line)) {
      at = end;
      break;
    }
    const last = fields.at(-1);
    const key = FIELD.exec(line)?.[1];
    if (/^[ \t]/.test(line) && last !== undefined && last.end === at) last.end = end;
    else if (key !== undefined && fields.length < MOST_FIELDS) fields.push({ key: key.toLowerCase(), start: at, end });
    else if (!/^(?:>?From |[ \t])/.test(line) && !FIELD.test(bytes.toString("latin1", end, end + 200))) break;
    at = end;
  }
  return {
    length: at,
    lines: fields.map(({ key, start, end }) => ({ key, line: fieldText(bytes.subarray(start, end), hint) })),
  };
}

/** RFC 5322, 3.6.8; blanks before the colon are obsolete but legal (4.5). */
const FIELD = /^([!-9;-~]{1,100})[ \t]*:/;

const fieldText = (bytes: Buffer, hint: string | undefined) => decodeText(bytes, undefined, hint).replace(/\r?\n$/, "");

/** Where a head ends at the latest when it is read from `bytes`; undefined when its end is not among them. */
export function endOfHead(bytes: Buffer): number | undefined {
  if (/^\r?\n/.test(bytes.toString("latin1", 0, 2))) return bytes[0] === 0x0a ? 1 : 2;
  const ends = ["\n\r\n", "\n\n"].flatMap((mark) => {
    const at = bytes.indexOf(mark, 0, "latin1");
    return at === -1 ? [] : [at + mark.length];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}
