import { lockingLetters, type National, singleLetters } from "./national-letters.ts";

/** GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1), one septet an octet, as SMPP carries it. */

const BASE =
  "@£$¥èéùìòç\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** What stands for itself in a text that ends between the escape and its letter: the next part has the letter. */
const ESCAPE = "\u001b";
const ESCAPE_CODE = 0x1b;

const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, "\f"],
  [0x14, "^"],
  [0x28, "{"],
  [0x29, "}"],
  [0x2f, "\\"],
  [0x3c, "["],
  [0x3d, "~"],
  [0x3e, "]"],
  [0x40, "|"],
  [0x65, "€"],
]);

const CODES: ReadonlyMap<string, readonly number[]> = new Map([
  ...[...BASE].flatMap((letter, code): [string, number[]][] => (code === ESCAPE_CODE ? [] : [[letter, [code]]])),
  ...[...EXTENSION].map(([code, letter]): [string, number[]] => [letter, [ESCAPE_CODE, code]]),
]);

/** Septets that one character takes: 1, or 2 with an escape; undefined when the alphabet lacks it. */
export const septetsOf = (character: string): number | undefined => CODES.get(character)?.length;

/** True when each character is in the alphabet or its extension. */
export const isGsm7 = (text: string): boolean => [...text].every((character) => CODES.has(character));

/** One octet a septet, unpacked. @throws RangeError for a character that the alphabet lacks. */
export function encodeGsm7(text: string): Buffer {
  return Buffer.from(
    [...text].flatMap((character) => {
      const codes = CODES.get(character);
      if (codes === undefined) throw new RangeError("a character outside the GSM 7-bit alphabet");
      return codes;
    }),
  );
}

/**
 * Reads unpacked septets. An escape before a code that no table has reads as the code's plain letter (TS 23.038, 6.2.1.1);
 * one at the very end stays `ESCAPE`.
 */
export function decodeGsm7(octets: Uint8Array, national: National = {}): string {
  const base = lockingLetters(national) ?? BASE;
  const shifted = singleLetters(national);
  let text = "";
  for (let at = 0; at < octets.length; at += 1) {
    const code = codeAt(octets, at);
    if (code !== ESCAPE_CODE) text += base.charAt(code);
    else if (at + 1 === octets.length) text += ESCAPE;
    else {
      at += 1;
      text += shifted?.get(codeAt(octets, at)) ?? extended(codeAt(octets, at), base);
    }
  }
  return text;
}

const codeAt = (octets: Uint8Array, at: number) => (octets[at] ?? 0) & 0x7f;

/** A second escape is kept for tables to come: it reads as a space (TS 23.038, 6.2.1.1). */
const extended = (code: number, base = BASE) =>
  code === ESCAPE_CODE ? " " : (EXTENSION.get(code) ?? base.charAt(code));

/** Mends letters whose escape ended one part and whose code began the next. */
export function joinEscapes(text: string): string {
  const [head = "", ...pieces] = text.split(ESCAPE);
  return head + pieces.map(mendFirst).join("");
}

function mendFirst(piece: string): string {
  const [letter = ""] = piece;
  const [code, further] = CODES.get(letter) ?? [];
  const mended = code === undefined || further !== undefined ? ` ${letter}` : extended(code);
  return mended + piece.slice(letter.length);
}
