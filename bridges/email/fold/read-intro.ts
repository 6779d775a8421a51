import { FIRST_PERSON, INTRO_PHRASES, QUOTING } from "./intro-phrases.ts";
import { anyOf } from "./phrase-list.ts";

/** The words that announce a quote, taken apart. */
export interface Intro {
  /** Sure enough to stand without quote marks below it; a weak one counts only above a quote. */
  readonly isStrong: boolean;
  readonly from?: string;
  readonly date?: string;
}

const rows = Object.values(INTRO_PHRASES);
const OPENER = new RegExp(`^(?:${anyOf(rows.flatMap(({ opens = [] }) => opens))})(?![\\p{L}])[\\s,.:]*`, "u");
const verbs = rows.flatMap(({ verb = [] }) => verb);
const VERB_AT_END = new RegExp(`(?:^|[^\\p{L}])(?:${anyOf(verbs)})$`, "iu");
/** Scripts that put no blank between name and verb. */
const VERB_GLUED = new RegExp(
  `(?:${anyOf(verbs.filter((verb) => /[^\p{sc=Latn}\p{sc=Cyrl}\p{sc=Grek}()/ -]/u.test(verb)))})$`,
  "u",
);
const VERB_THEN_NAME = new RegExp(
  `[^\\p{L}](?:${anyOf(rows.flatMap(({ verbThenName = [] }) => verbThenName))})(?![\\p{L}(])`,
  "iu",
);
const VERB_AFTER_ADDRESS = new RegExp(`^[>)\\]"\\s]*(?:${anyOf(verbs)})(?!\\p{L})`, "iu");
/** Two to four words that begin as names do, then the verb. One alone would be "He wrote:", a writer's own words. */
const NAME_WROTE = new RegExp(`^["'“]?(?:\\p{Lu}[\\p{L}.'’-]*["'”]?\\s){2,4}(?:${anyOf(verbs)})$`, "u");
const QUOTING_NAME = new RegExp(`^(?:${anyOf(QUOTING)})\\s.{1,200}$`, "iu");
const OWN = new RegExp(
  `(?:^|[^\\p{L}])(?:${anyOf(FIRST_PERSON)})\\s+(?:${anyOf(verbs)})$|(?:schrieb|schreef|skrev)\\s+(?:${anyOf(FIRST_PERSON)})(?![\\p{L}])`,
  "iu",
);
/** An address, set off by brackets; `mailto:` and a repetition may stand in them. */
const ADDRESS = /[<([]\s?(?:mailto:)?[^\s<>()@]{1,100}@[^\s<>()@]{1,150}/i;
const BARE_ADDRESS = /[^\s<>()@]@[^\s<>()@]{2}/;
const TIME =
  /(?:^|[^\d.:])\d{1,2}:\d{2}(?!\d)|(?:kl|klo|um|at|à|om|ore|godz|v|alle|в|о|las)\.?\s?\d{1,2}[.h]\d{2}(?!\d)/iu;
/** A day that opens the words, perhaps after its name: "2016-10-24", "út 3. 12. 2019", "26.06.2014", "2016年12月". */
const DATE_FIRST = /^(?:\p{L}{1,14}[.,]{0,2}\s){0,2}\d{1,4}(?:[./-]\s?\d{1,2}|\.?\s\p{L}|年|년)/u;

/** Whether more words may still make an intro of these: a cheap look before lines are joined. */
export const mayOpenIntro = (words: string): boolean =>
  OPENER.test(words) ||
  /^.{0,24}\d/u.test(words) ||
  /[<@]/.test(words) ||
  words.startsWith("--") ||
  findLastVerb(stripFrame(words)) !== undefined;

/** A line that surely begins an intro of its own. */
export const opensDated = (words: string): boolean => OPENER.test(words) && /^.{0,40}\d/u.test(words);

const stripFrame = (words: string) => words.replace(/^[-_=*\s]+/, "").replace(/[-_=*:：،,\s]+$/, "");

/** Last words of the verbs: looked up before any pattern is tried. */
const LAST_WORDS = new Set(verbs.map((verb) => verb.toLowerCase().split(" ").at(-1)));
/** In characters. */
const LONGEST_VERB = 40;

/** Where the verb begins that ends the words, if one does. */
function findLastVerb(bare: string): number | undefined {
  const tail = bare.slice(-LONGEST_VERB);
  const word = /\S*$/.exec(tail)?.[0].toLowerCase() ?? "";
  const isKnown = LAST_WORDS.has(word) || LAST_WORDS.has(word.replace(/^.*[>)\]"'”]/, ""));
  if (!isKnown && !/[^\p{sc=Latn}\p{sc=Cyrl}\p{sc=Grek}\p{sc=Zyyy}]$/u.test(tail)) return undefined;
  const found = VERB_AT_END.exec(tail) ?? VERB_GLUED.exec(tail);
  if (found === null) return undefined;
  const lead = /^[\p{L}]/u.test(found[0]) ? 0 : 1;
  return bare.length - tail.length + found.index + lead;
}

/** Reads the joined lines of what may be an intro. @param words at most a few hundred characters. */
export function readIntro(words: string): Intro | undefined {
  const tail = words.trimEnd();
  const bare = stripFrame(tail);
  const isFramed = /^-{2,}/.test(words) && tail.endsWith("--");
  const hasColon = /[:：][\s*>]*$/.test(tail);
  const verbAt = findLastVerb(bare);
  const verbLast = verbAt !== undefined;
  if (!verbLast && !hasColon && !isFramed) {
    const endsWithAddress = /[>)\]]$/.test(tail) && DATE_FIRST.test(bare) && ADDRESS.test(bare);
    return endsWithAddress ? { isStrong: false, ...takeApart(bare) } : undefined;
  }
  if (OWN.test(bare)) return undefined;
  const address = ADDRESS.exec(bare);
  const hasAddress = address !== null || BARE_ADDRESS.test(bare);
  const parts = takeApart(bare);
  if (isFramed) return verbLast || (VERB_THEN_NAME.test(bare) && hasAddress) ? { isStrong: true, ...parts } : undefined;
  const opener = OPENER.exec(bare);
  const isDated = (opener !== null && /^.{0,48}\d/u.test(bare.slice(opener[0].length))) || DATE_FIRST.test(bare);
  const isNamed = verbLast || (hasColon && VERB_THEN_NAME.test(bare));
  if (isDated && isNamed)
    return { isStrong: hasAddress || (verbLast && TIME.test(bare) && isLoneName(bare.slice(0, verbAt))), ...parts };
  // "2016-10-24 15:36 GMT+02:00 Jane <jane@example.org>:" needs no verb: the address stands right before the colon.
  if (DATE_FIRST.test(bare) && address !== null && /[>)\]]$/.test(bare)) return { isStrong: true, ...parts };
  if (address !== null && isName(bare.slice(0, address.index))) {
    const isSaid = verbLast || (hasColon && VERB_AFTER_ADDRESS.test(bare.slice(address.index + address[0].length)));
    if (isSaid) return { isStrong: true, ...parts };
  }
  if (hasColon && QUOTING_NAME.test(bare)) return { isStrong: address !== null, ...parts };
  return hasColon && verbLast && NAME_WROTE.test(bare) ? { isStrong: false, ...parts } : undefined;
}

const isName = (words: string) => words.length <= 70 && !/[!?;]|\.\s\p{Lu}\p{Ll}+\s\p{Ll}/u.test(words);

/** "…, 10:15 AM, Jane Doe" ends in a name; "… at 10:15 the officer" tells a story. */
function isLoneName(words: string): boolean {
  const name = words.replace(/^.*(?:[,\d]|\b[AP]\.?M\.?)\s*/iu, "").trim();
  return name !== "" && name.length <= 60 && !/(?:^|\s)\p{Ll}{2,}\s\p{Ll}/u.test(name) && !/^\p{Ll}+\s/u.test(name);
}

/** Who wrote and when, as the intro has it. */
function takeApart(bare: string): Pick<Intro, "from" | "date"> {
  const opener = OPENER.exec(bare);
  let rest = opener === null ? bare : bare.slice(opener[0].length);
  rest = rest.slice(0, findLastVerb(rest));
  const between = VERB_THEN_NAME.exec(rest);
  if (between !== null) return parts(rest.slice(0, between.index), rest.slice(between.index + between[0].length));
  const cut = lastDateEnd(rest);
  return cut === 0 ? parts("", rest) : parts(rest.slice(0, cut), rest.slice(cut));
}

/** Where the date ends: after the last number before the address, with what belongs to a time. */
const NUMBER = /\d[\d:.]*(?:\s?[AP]\.?M\b\.?|\sUhr)?(?:\s?(?:GMT|UTC)?\s?[+-]\d[\d:]*|\s[A-Z]{3,4}(?=,))?\s*,?/giu;

function lastDateEnd(words: string): number {
  const limit = ADDRESS.exec(words)?.index ?? words.length;
  let cut = 0;
  for (const { index, 0: found } of words.slice(0, limit).matchAll(NUMBER)) cut = index + found.length;
  return cut;
}

function parts(date: string, from: string): Pick<Intro, "from" | "date"> {
  const when = date.replace(/^[\s,]+|[\s,]+$/g, "");
  const who = from
    .replace(/^[\s,]+|[\s,:]+$/g, "")
    .replace(/\s+/g, " ")
    .replace(/<\s+/g, "<")
    .replace(/\s+>/g, ">");
  return { ...(who === "" ? {} : { from: who }), ...(when === "" ? {} : { date: when }) };
}
