import type { Draft, Preview } from "../../src/adapter/index.ts";
import { fitsDefault } from "./default-alphabet.ts";
import { cutText } from "./segment.ts";
import type { SmsSettings } from "./settings.ts";
import { simplify } from "./simplify.ts";
import { say } from "./texts.ts";

/** Of letters that need the larger alphabet so many are named. */
const NAMED = 5;

/** In how many SMS an answer would leave, what they cost, and why it is so many. */
export function previewText(
  { text: words }: Draft,
  settings: Pick<SmsSettings, "gateway" | "max_parts" | "price">,
  languages: readonly string[],
): Preview {
  const text = simplify(words);
  const { encoding, parts } = cutText(text, settings);
  const { price, max_parts: most } = settings;
  const alphabet = settings.gateway.smpp?.default_alphabet ?? "gsm7";
  const foreign = [...new Set(text)].filter((letter) => !fitsDefault(letter, alphabet)).slice(0, NAMED);
  const remarks = [
    ...(parts.length > most ? [say("preview.too-long", languages, { parts: parts.length, most })] : []),
    ...(parts.length > 1 && encoding === "ucs2"
      ? [say("preview.ucs2", languages, { letters: foreign.join(" ") })]
      : []),
  ];
  return {
    parts: parts.length,
    // Six decimals are below any price, and above what binary fractions add.
    ...(price === undefined
      ? {}
      : { cost: { amount: Number((price.per_part * parts.length).toFixed(6)), currency: price.currency } }),
    ...(remarks.length === 0 ? {} : { remarks }),
  };
}
