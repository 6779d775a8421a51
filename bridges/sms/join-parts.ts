import { joinEscapes } from "./gsm7.ts";

/** Where the octets stand that some networks leave of a UTF-16 unit at the end of a part: letters that no phone writes. */
const HALVES = 0xf700;

/** Reads UTF-16BE. Half a surrogate pair stays one, half a unit is kept as a sign: what follows is in the next part. */
export function decodeUcs2(octets: Buffer): string {
  const whole = octets.length & ~1;
  const text = Buffer.from(octets.subarray(0, whole)).swap16().toString("utf16le");
  const half = octets[whole];
  return half === undefined ? text : text + String.fromCharCode(HALVES + half);
}

/** Joins parts that follow each other, each cut where its network pleased: in an escape, in a pair, in a letter. */
export function joinParts(parts: readonly string[]): string {
  const joined = parts.slice(0, -1).some(endsInHalf) ? decodeUcs2(Buffer.concat(parts.map(octetsOf))) : parts.join("");
  return joinEscapes(endsInHalf(joined) ? joined.slice(0, -1) : joined);
}

const halfOf = (part: string) => part.charCodeAt(part.length - 1) - HALVES;
const endsInHalf = (part: string) => halfOf(part) >= 0 && halfOf(part) <= 0xff;

function octetsOf(part: string): Buffer {
  const encode = (text: string) => Buffer.from(text, "utf16le").swap16();
  return endsInHalf(part) ? Buffer.concat([encode(part.slice(0, -1)), Buffer.from([halfOf(part)])]) : encode(part);
}
