import { isGsm7 } from "./gsm7.ts";

/** Letters of typesetting that keyboards write by themselves, and what a typewriter has for them. */
const PLAIN: ReadonlyMap<string, string> = new Map([
  ...[..."‘’‚‛′"].map((letter): [string, string] => [letter, "'"]),
  ...[..."“”„‟″«»"].map((letter): [string, string] => [letter, '"']),
  ...[..."‐‑‒–—−"].map((letter): [string, string] => [letter, "-"]),
  ...[..."\u00a0\u2002\u2003\u2009\u200a\u202f\t"].map((letter): [string, string] => [letter, " "]),
  ...[..."\u00ad\u200b\u2060\ufeff"].map((letter): [string, string] => [letter, ""]),
  ["…", "..."],
]);

/**
 * The text as it goes out: composed letters (NFC), and typewriter's punctuation when that makes it fit the GSM alphabet, in
 * which 160 letters cost what 70 cost else. A text that needs UCS-2 anyway keeps its punctuation.
 */
export function simplify(text: string): string {
  const composed = text.normalize("NFC").replace(/\r\n?/g, "\n").trimEnd();
  const plain = [...composed].map((letter) => PLAIN.get(letter) ?? letter).join("");
  return isGsm7(plain) ? plain : composed;
}
