import { Transform } from "node:stream";

/** How the bytes of a part were made fit for mail (RFC 2045, 6; x-uuencode is older). */
export type Encoding = "none" | "base64" | "quoted-printable" | "uuencode";

export function readEncoding(value: string | undefined): Encoding {
  const word = /[a-z0-9-]+/i.exec(value ?? "")?.[0].toLowerCase();
  if (word === "base64" || word === "quoted-printable") return word;
  return word !== undefined && /^x?-?uu(?:encode)?$/.test(word) ? "uuencode" : "none";
}

/** Decodes piece by piece, tolerant of what senders get wrong: what is no code is passed over, or kept as it stands. */
interface Decoder {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

const DECODERS: Readonly<Record<Encoding, () => Decoder>> = {
  none: () => ({ push: (chunk) => chunk, end: () => Buffer.alloc(0) }),
  base64: decodeBase64,
  "quoted-printable": decodeQuotedPrintable,
  uuencode: decodeUuencode,
};

export function decodeBytes(bytes: Buffer, encoding: Encoding): Buffer {
  if (encoding === "none") return bytes;
  const decoder = DECODERS[encoding]();
  return Buffer.concat([decoder.push(bytes), decoder.end()]);
}

export function decodeStream(encoding: Encoding): Transform {
  const decoder = DECODERS[encoding]();
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, decoder.push(chunk)),
    flush: (done) => done(null, decoder.end()),
  });
}

/** In one piece of some 64 kB or, where all is decoded at once, in a whole part. */
const MOST_RUNS = 1000;

function decodeBase64(): Decoder {
  let kept = "";
  const decode = (text: string) => Buffer.from(text, "base64");
  return {
    push(chunk) {
      // Several padded runs in one body are common where programs joined parts: each is decoded for itself.
      const runs = (kept + chunk.toString("latin1").replace(/[^A-Za-z0-9+/=]+/g, "")).split(/=+/);
      // In numbers they are no such runs, but rubbish.
      if (runs.length > MOST_RUNS) runs.splice(0, runs.length, runs.join(""));
      const last = runs.pop() ?? "";
      const whole = last.length - (last.length % 4);
      kept = last.slice(whole);
      return Buffer.concat([...runs.map(decode), decode(last.slice(0, whole))]);
    },
    end: () => decode(kept),
  };
}

const CR = 0x0d;
const LF = 0x0a;
const EQUALS = 0x3d;
const isBlank = (byte: number) => byte === 0x20 || byte === 0x09 || byte === CR;

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** In bytes: longer runs of blanks are content. */
const LONGEST_BLANK = 1000;

function decodeQuotedPrintable(): Decoder {
  let kept: Buffer = Buffer.alloc(0);
  const decode = (bytes: Buffer, isLast: boolean): Buffer => {
    const out = Buffer.alloc(bytes.length);
    let length = 0;
    let at = 0;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      if (byte !== EQUALS && !isBlank(byte)) {
        out[length++] = byte;
        at += 1;
        continue;
      }
      // Blanks before a line's end are no content (RFC 2045, 6.7, rule 3), and may stand after a soft break too.
      let end = byte === EQUALS ? at + 1 : at;
      while (end < bytes.length && end - at < LONGEST_BLANK && isBlank(bytes[end] ?? 0)) end += 1;
      if (!isLast && (end === bytes.length || (byte === EQUALS && end === at + 1 && end + 1 >= bytes.length))) break;
      const endsLine = end >= bytes.length || bytes[end] === LF;
      if (byte === EQUALS && endsLine) {
        at = end + 1;
        continue;
      }
      if (byte === EQUALS) {
        const high = hexValue(bytes[at + 1]);
        const low = hexValue(bytes[at + 2]);
        const isCode = high >= 0 && low >= 0;
        out[length++] = isCode ? high * 16 + low : byte;
        at += isCode ? 3 : 1;
      } else if (endsLine) {
        if (end > at && bytes[end - 1] === CR) out[length++] = CR;
        at = end;
      } else {
        bytes.copy(out, length, at, end);
        length += end - at;
        at = end;
      }
    }
    kept = bytes.subarray(at);
    return out.subarray(0, length);
  };
  return {
    push: (chunk) => decode(kept.length === 0 ? chunk : Buffer.concat([kept, chunk]), false),
    end: () => decode(kept, true),
  };
}

/** In characters; a uuencoded line has 61 at most. */
const LONGEST_LINE = 1000;

/** The lines between `begin` and `end`; both may be missing. */
function decodeUuencode(): Decoder {
  let kept = "";
  let isOver = false;
  const decodeLines = (lines: readonly string[]): Buffer => {
    const out: Buffer[] = [];
    for (const line of lines) {
      if (/^end\s*$/.test(line)) isOver = true;
      if (isOver || /^begin /.test(line)) continue;
      out.push(decodeUuLine(line));
    }
    return Buffer.concat(out);
  };
  return {
    push(chunk) {
      const lines = (kept + chunk.toString("latin1")).split(/\r?\n/);
      kept = (lines.pop() ?? "").slice(0, LONGEST_LINE);
      return decodeLines(lines);
    },
    end: () => decodeLines([kept]),
  };
}

function decodeUuLine(line: string): Buffer {
  const value = (at: number) => (line.charCodeAt(at) - 32) & 63;
  const length = line === "" ? 0 : value(0);
  const out = Buffer.alloc(length);
  for (let index = 0, at = 1; index < length && at < line.length; index += 3, at += 4) {
    const [a, b, c, d] = [value(at), value(at + 1), value(at + 2), value(at + 3)];
    out[index] = (a << 2) | (b >> 4);
    if (index + 1 < length) out[index + 1] = ((b & 15) << 4) | (c >> 2);
    if (index + 2 < length) out[index + 2] = ((c & 3) << 6) | d;
  }
  return out;
}
