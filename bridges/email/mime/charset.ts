import { analyse } from "chardet";
import iconv from "iconv-lite";

/**
 * Bytes as text, whatever the sender called them. What is declared holds as long as the bytes bear it out; UTF-8 proves
 * itself, and all else is guessed from how often letters of each language occur.
 * @param hint charset that is likely when none is declared: of the body, or of the page itself.
 */
export function decodeText(bytes: Buffer, declared?: string, hint?: string): string {
  const marked = markedCharset(bytes);
  if (marked !== undefined) return new TextDecoder(marked).decode(bytes);
  const charset = knownCharset(declared);
  if (charset === "utf-7") return decodeUtf7(bytes);
  if (charset?.startsWith("iso-2022-") || (charset !== "hz-gb-2312" && hasEscapes(bytes)))
    return decodeEscaped(bytes, charset);
  if (charset === "hz-gb-2312") return decodeHz(bytes);
  if (charset?.startsWith("utf-16") || charset?.startsWith("utf-32")) return decode(bytes, charset);
  if (isAscii(bytes) && (charset === undefined || isAsciiBased(charset))) return bytes.toString("latin1");
  const unicode = decodeStrictly(bytes, "utf-8");
  if (unicode !== undefined && (charset === undefined || !isMultibyte(charset) || !bearsOut(bytes, charset)))
    return unicode;
  if (charset === "utf-8") return decodeMixed(bytes, hint);
  if (charset !== undefined && charset !== "us-ascii" && bearsOut(bytes, charset)) return decode(bytes, charset);
  return decodeUndeclared(bytes, charset === "us-ascii" ? undefined : charset, hint);
}

/** Labels that neither the platform nor iconv-lite knows, as senders write them. */
const ALIASES: Readonly<Record<string, string>> = {
  "latin-1": "windows-1252",
  ansi: "windows-1252",
  default: "",
  "unicode-1-1-utf-7": "utf-7",
  "unicode-1-1-utf-8": "utf-8",
  cp949: "euc-kr",
  ks_c_5601: "euc-kr",
  "5601": "euc-kr",
  cp936: "gbk",
  ms936: "gbk",
  "cn-gb": "gbk",
  "gb_2312-80": "gbk",
  gb18030: "gb18030",
  cp950: "big5",
  "cn-big5": "big5",
  cp932: "shift_jis",
  "x-mac-roman": "macintosh",
  "iso-2022-jp-1": "iso-2022-jp",
  "iso-2022-jp-2": "iso-2022-jp",
  "iso-2022-jp-ms": "iso-2022-jp",
  cp50220: "iso-2022-jp",
  cp50221: "iso-2022-jp",
  "us-ascii": "us-ascii",
  ascii: "us-ascii",
  "ansi_x3.4-1968": "us-ascii",
  "iso-ir-6": "us-ascii",
  "7bit": "us-ascii",
  "8bit": "",
  "unknown-8bit": "",
  "x-unknown": "",
  unknown: "",
  binary: "",
  "x-user-defined": "",
};

/** Name of a charset that can be decoded; undefined for what is none. */
function knownCharset(label: string | undefined): string | undefined {
  const name = (label ?? "")
    .trim()
    .toLowerCase()
    .replace(/^["'\s]+|["'\s]+$/g, "")
    .replace(/^charset=/, "");
  if (name === "" || name.length > 60) return undefined;
  const alias = ALIASES[name] ?? ALIASES[name.replace(/_/g, "-")];
  if (alias !== undefined) return alias || undefined;
  const candidates = [
    name,
    name.replace(/_/g, "-"),
    name.replace(/^x-/, ""),
    name.replace(/^(?:cp|win|windows)-?(?=125\d$)/, "windows-"),
    name.replace(/^(iso|latin|koi)-?(?=\d)/, "$1-").replace(/^iso-?8859-?(?=\d)/, "iso-8859-"),
  ];
  for (const each of candidates) {
    try {
      return new TextDecoder(each).encoding;
    } catch {
      if (/^(?:utf-7|hz-gb-2312|iso-2022-(?:kr|cn)|utf-32(?:le|be)?)$/.test(each)) return each;
      if (iconv.encodingExists(each)) return each;
    }
  }
  return undefined;
}

function markedCharset(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0) return "utf-16be";
  return undefined;
}

function decode(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset === "us-ascii" ? "windows-1252" : charset).decode(bytes);
  } catch {
    return iconv.encodingExists(charset) ? iconv.decode(bytes, charset) : bytes.toString("latin1");
  }
}

function decodeStrictly(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const isAscii = (bytes: Buffer) => !/[\x80-\xff]/.test(bytes.toString("latin1"));
const isMultibyte = (charset: string) => /^(?:gb|big5|euc-|shift_jis)/.test(charset);
const isAsciiBased = (charset: string) => !/^(?:utf-(?:7|16|32)|iso-2022|hz|x-?ebcdic|cp037)/.test(charset);

/** Few faults are damage on the way, many are a wrong name. */
function bearsOut(bytes: Buffer, charset: string): boolean {
  if (!isMultibyte(charset)) return true;
  const faults = decode(bytes, charset).split("\ufffd").length - 1;
  return faults === 0 || faults * 20 < countHigh(bytes);
}

function countHigh(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte > 127) count += 1;
  return count;
}

/** UTF-8 with a few foreign bytes is repaired byte by byte; with many it is something else. */
function decodeMixed(bytes: Buffer, hint: string | undefined): string {
  const text = new TextDecoder("utf-8").decode(bytes);
  const faults = text.split("\ufffd").length - 1;
  let good = 0;
  for (const character of text) if (character > "\u007f" && character !== "\ufffd") good += 1;
  if (good === 0 || faults > good) return decodeUndeclared(bytes, undefined, hint);
  return repairUtf8(bytes);
}

/** Valid sequences as UTF-8, every other byte as windows-1252, which is what such mixtures are made of. */
function repairUtf8(bytes: Buffer): string {
  const text = bytes.toString("latin1");
  const runs = text.match(
    /(?:[^\x80-\xff]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){1,4096}|[\x80-\xff]/g,
  );
  return (runs ?? [])
    .map((run) => {
      const piece = Buffer.from(run, "latin1");
      if (piece.length > 1 || run < "\x80") return piece.toString("utf8");
      // A lead byte at the very end was cut off with its sequence.
      return decode(piece, "windows-1252");
    })
    .join("");
}

/** In bytes, from the first that is no ASCII: enough to know a language by. */
const SAMPLE = 6 * 1024;

/** @param declared what was declared in vain: the guess may still confirm it. */
function decodeUndeclared(bytes: Buffer, declared: string | undefined, hint: string | undefined): string {
  const likely = knownCharset(hint);
  if (likely !== undefined && likely !== "us-ascii") {
    const text = decodeStrictly(bytes, likely);
    if (text !== undefined) return text;
  }
  const first = Math.max(0, bytes.findIndex((byte) => byte > 127) - 50);
  const guessed = guess(bytes.subarray(first, first + SAMPLE));
  return decode(bytes, guessed ?? declared ?? "windows-1252");
}

/** A language must be likely to be preferred to the West of Europe, whose letters stand alone among ASCII. */
function guess(sample: Buffer): string | undefined {
  const best = analyse(sample).find(({ name }) => !/^(?:UTF-(?:16|32)|ASCII|ISO-2022)/.test(name));
  if (best === undefined || best.confidence < 10) return undefined;
  const isOtherLatin = /^(?:ISO-8859-(?:2|9|13)|windows-125[0478])$/.test(best.name);
  if (isOtherLatin && best.confidence < 50) return undefined;
  const charset = knownCharset(best.name);
  const runs = sample.toString("latin1").match(/[\x80-\xff]+/g)?.length ?? 1;
  return charset !== undefined && isMultibyte(charset) && countHigh(sample) < 2 * runs ? undefined : charset;
}

/** ISO-2022 charsets have only 7-bit bytes: their escapes give them away under any name (RFC 1468, 1557). */
const hasEscapes = (bytes: Buffer) => {
  const at = bytes.indexOf(0x1b);
  return at !== -1 && /^(?:\$[@AB]|\$\([A-Z]|\$\)[AC])/.test(bytes.toString("latin1", at + 1, at + 4));
};

function decodeEscaped(bytes: Buffer, charset: string | undefined): string {
  if (charset === "iso-2022-kr" || bytes.indexOf("\x1b$)C", 0, "latin1") !== -1) return decodeShifted(bytes, "euc-kr");
  if (charset === "iso-2022-cn" || bytes.indexOf("\x1b$)A", 0, "latin1") !== -1) return decodeShifted(bytes, "gbk");
  return countHigh(bytes) > 0 ? decodeUndeclared(bytes, undefined, "shift_jis") : decode(bytes, "iso-2022-jp");
}

/** Between SO and SI stand the two-byte characters, without their high bits (RFC 1557, RFC 1922). */
function decodeShifted(bytes: Buffer, charset: string): string {
  const out: number[] = [];
  let isShifted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x0e || byte === 0x0f) isShifted = byte === 0x0e;
    else if (byte === 0x1b) at += 3;
    else out.push(isShifted && byte > 0x20 ? byte | 0x80 : byte);
  }
  return decode(Buffer.from(out), charset);
}

/** RFC 1843. */
const decodeHz = (bytes: Buffer) =>
  bytes
    .toString("latin1")
    .replace(/~\r?\n/g, "")
    .split(/(~\{[^\n]*?~\}|~~)/)
    .map((run) =>
      run === "~~"
        ? "~"
        : run.startsWith("~{")
          ? decode(Buffer.from(Buffer.from(run.slice(2, -2), "latin1").map((byte) => byte | 0x80)), "gbk")
          : run,
    )
    .join("");

/** RFC 2152: runs of UTF-16 in base64, each after a plus sign. */
const decodeUtf7 = (bytes: Buffer) =>
  bytes.toString("latin1").replace(/\+([A-Za-z0-9+/]*)-?/g, (_, coded: string) => {
    const units = Buffer.from(coded, "base64");
    return coded === "" ? "+" : decode(units.subarray(0, units.length - (units.length % 2)), "utf-16be");
  });
