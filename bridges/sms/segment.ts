import { type DefaultAlphabet, fitsDefault } from "./default-alphabet.ts";
import { septetsOf } from "./gsm7.ts";

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
 * @param standard what the gateway makes of a text that is not UCS-2. Where that is no GSM alphabet, nobody knows whether it
 *   goes over the air in seven bits: such parts fit in eight.
 */
export function segment(text: string, headerOctets = 6, standard: DefaultAlphabet = "gsm7"): Segments {
  const encoding = fitsDefault(text, standard) ? "gsm7" : "ucs2";
  const characters = [...text];
  const bits = encoding === "ucs2" ? 16 : standard === "gsm7" ? 7 : 8;
  const sizeOf = bits === 7 ? (each: string) => septetsOf(each) ?? 1 : (each: string) => each.length;
  const capacity = (octets: number) => Math.floor((octets * 8) / bits);
  const size = characters.reduce((sum, each) => sum + sizeOf(each), 0);
  if (size <= capacity(OCTETS)) return { encoding, parts: [text] };
  const limit = capacity(OCTETS - headerOctets);
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
export function cutText(
  text: string,
  { gateway }: { readonly gateway: { readonly smpp?: Cutting | undefined } },
): Segments {
  const { concatenation, default_alphabet: alphabet } = gateway.smpp ?? {};
  return segment(text, concatenation === "udh16" ? 7 : 6, alphabet);
}

interface Cutting {
  readonly concatenation: string;
  readonly default_alphabet: DefaultAlphabet;
}
