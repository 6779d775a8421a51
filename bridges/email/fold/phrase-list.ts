/** A table of phrases, written with bars between them and any line breaks. */
export const phrases = (table: string): readonly string[] =>
  table
    .split("|")
    .map((phrase) => phrase.trim().replace(/\s+/g, " "))
    .filter((phrase) => phrase !== "");

/** Escapes a phrase for a regular expression. */
const escapePattern = (phrase: string): string => phrase.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

/** Source of a pattern that finds any of the phrases, the longest first. */
export const anyOf = (list: readonly string[]): string =>
  [...new Set(list)]
    .sort((one, other) => other.length - one.length)
    .map(escapePattern)
    .join("|");
