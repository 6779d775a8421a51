import { isGsm7, septetsOf } from "./gsm7.ts";

export type Encoding = "gsm7" | "ucs2";

/** Octets of user data in one SMS (3GPP TS 23.040, 9.2.3.24). */
const OCTETS = 140;

/** How a text goes over the air. */
export interface Segments {
  readonly encoding: Encoding;
  /** Joined they are the text; never empty. */
  readonly parts: readonly string[];
}

/**
 * Chooses the alphabet and cuts the text: 160 septets or 70 UTF-16 units in one SMS, 153 or 67 in each of several. No cut
 * parts an escape or a surrogate pair.
 * @param headerOctets length of the header that joins parts: 6 with an 8-bit reference, 7 with a 16-bit one.
 */
export function segment(text: string, headerOctets = 6): Segments {
  const encoding = isGsm7(text) ? "gsm7" : "ucs2";
  const characters = [...text];
  const sizeOf = encoding === "gsm7" ? (each: string) => septetsOf(each) ?? 1 : (each: string) => each.length;
  const size = characters.reduce((sum, each) => sum + sizeOf(each), 0);
  if (size <= capacity(encoding, OCTETS)) return { encoding, parts: [text] };
  const limit = capacity(encoding, OCTETS - headerOctets);
  const parts: string[] = [];
  let part = "";
  let used = 0;
  for (const each of characters) {
    const needed = sizeOf(each);
    if (used + needed > limit) {
      parts.push(part);
      part = "";
      used = 0;
    }
    part += each;
    used += needed;
  }
  return { encoding, parts: [...parts, part] };
}

/** As the channel cuts its texts. */
export const cutText = (
  text: string,
  { gateway }: { readonly gateway: { readonly smpp?: { readonly concatenation: string } | undefined } },
) => segment(text, gateway.smpp?.concatenation === "udh16" ? 7 : 6);

const capacity = (encoding: Encoding, octets: number) =>
  Math.floor(encoding === "gsm7" ? (octets * 8) / 7 : octets / 2);
