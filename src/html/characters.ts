/** Control characters, and those that nobody sees and that serve to hide or to deceive: overrides of the reading direction too. */
const UNSEEN =
  /(?![\t\n])\p{Cc}|\u034F|[\u{1D173}-\u{1D17A}]|[\u00AD\u180E\u200B\u202D\u202E\u2060-\u2064\u206A-\u206F\uFEFF\uFFF9-\uFFFB]/gu;
/** Letters without a shape. */
const BLANK = /[\u115F\u1160\u2800\u3164\uFFA0]/g;
/** Joiners are right between two letters or emoji (Persian, families); anywhere else they are padding. */
const STRAY_JOINERS =
  /(?<![\p{L}\p{M}\p{N}\p{S}])[\u200C\u200D]+|[\u200C\u200D]+(?![\p{L}\p{M}\p{N}\p{S}])|\u200C(?=\u200D)/gu;
/** Tags spell a text that is not shown, but in the flags of England, Scotland and Wales (UTS 51, annex C). */
const TAGS = /(?<!\u{1F3F4}[\u{E0020}-\u{E007F}]{0,6})[\u{E0000}-\u{E007F}]+/gu;
const SELECTORS = /[\u{E0100}-\u{E01EF}]{2,}/gu;

/** Text with what can be seen of it only; directions that it sets end with it. Applied twice it changes nothing more. */
export function cleanCharacters(text: string): string {
  if (isPlain(text)) return text;
  const seen = text
    .toWellFormed()
    .replace(UNSEEN, "")
    .replace(BLANK, " ")
    .replace(TAGS, "")
    .replace(SELECTORS, "")
    .replace(STRAY_JOINERS, "");
  return containDirections(seen);
}

const isPlain = (text: string) => /^[\t\n\x20-\x7E\u00A0-\u00AC\u00AE-\u024F\u2010-\u2027]*$/.test(text);

const EMBEDDING = /[\u202A\u202B]/;
const DIRECTIONS = /[\u202A-\u202C\u2066-\u2069]/g;
/** Nobody writes more of them into one another. */
const MOST_OPEN = 8;

/** UAX 9: what is opened here is closed here, what was opened elsewhere is not closed. */
function containDirections(text: string): string {
  const open: string[] = [];
  const contained = text.replace(DIRECTIONS, (character) => {
    if (character === "\u202C" || character === "\u2069") {
      if (open.at(-1) !== character) return "";
      open.pop();
      return character;
    }
    if (open.length === MOST_OPEN) return "";
    open.push(EMBEDDING.test(character) ? "\u202C" : "\u2069");
    return character;
  });
  return contained + open.reverse().join("");
}

/** Nothing in it leaves ink. */
export const isBlank = (text: string): boolean =>
  !/(?!\p{Variation_Selector})[^\s\u200C-\u200F\u202A-\u202C\u2066-\u2069]/u.test(text);
