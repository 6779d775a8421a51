import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { TEXT_KEYS, type TextKey } from "./text-keys.ts";

/** A language of the pages. */
export interface Texts {
  /** Language tag, as the file is named. */
  readonly language: string;
  /** As its speakers call it. */
  readonly name: string;
  readonly direction: "ltr" | "rtl";
  say(key: TextKey, values?: Readonly<Record<string, string | number>>): string;
}

const FOLDER = new URL("texts/", import.meta.url);

/** @throws Error when the file lacks a text. */
export function readTexts(language: string): Texts {
  const parsed: unknown = parse(readFileSync(new URL(`${language}.yaml`, FOLDER), "utf8"));
  const read = new Map<string, unknown>(typeof parsed === "object" && parsed !== null ? Object.entries(parsed) : []);
  const texts = new Map(
    TEXT_KEYS.map((key) => {
      const text = read.get(key);
      if (typeof text !== "string" || text === "") throw new Error(`texts/${language}.yaml lacks ${key}`);
      return [key, text];
    }),
  );
  const textOf = (key: TextKey) => texts.get(key) ?? key;
  return {
    language,
    name: textOf("language"),
    direction: textOf("direction") === "rtl" ? "rtl" : "ltr",
    say: (key, values = {}) =>
      textOf(key).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)),
  };
}

/** Languages that guichet's pages speak. */
export const LANGUAGES: readonly string[] = readdirSync(FOLDER)
  .flatMap((file) => /^(\w+)\.yaml$/.exec(file)?.[1] ?? [])
  .sort();

const loaded = new Map<string, Texts>();

/** @param language one of `LANGUAGES`. */
export function textsIn(language: string): Texts {
  const texts = loaded.get(language) ?? readTexts(language);
  loaded.set(language, texts);
  return texts;
}

/** `pt` for `pt-BR`. */
export const bareOf = (tag: string) => tag.toLowerCase().split("-")[0] ?? "";

/**
 * Language of a page: the one that is asked for by name, or what the visitor's browser prefers, or the agency's own.
 * @param acceptLanguage RFC 9110 section 12.5.4.
 */
export function chooseLanguage(
  offered: readonly string[],
  { asked, acceptLanguage, agency }: { asked: string | null; acceptLanguage: string | null; agency: readonly string[] },
): string {
  const spoken = (tag: string) => offered.find((each) => each === bareOf(tag));
  const preferred = (acceptLanguage ?? "")
    .slice(0, 500)
    .split(",")
    .map((range) => {
      const [tag = "", ...parameters] = range.trim().split(";");
      const weight = parameters.map((each) => /^\s*q=([\d.]+)\s*$/.exec(each)?.[1]).find((each) => each !== undefined);
      return { tag: tag.trim(), weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight);
  const wishes = [asked ?? "", ...preferred.map(({ tag }) => tag), ...agency, "en"];
  return wishes.map(spoken).find((each) => each !== undefined) ?? offered[0] ?? "en";
}

/** Words that an operator writes, in one or several languages. */
export type OwnWords = string | Readonly<Record<string, string>>;

/** A text, and the language that it is in where that is not the page's. */
export interface Said {
  readonly text: string;
  readonly language?: string;
}

/** @param languages of the page first, then the agency's. */
export function sayOwn(words: OwnWords, languages: readonly string[]): Said {
  if (typeof words === "string") return { text: words };
  const entries = Object.entries(words);
  for (const [place, language] of languages.entries()) {
    const found = entries.find(([tag]) => bareOf(tag) === bareOf(language));
    if (found) return place === 0 ? { text: found[1] } : { text: found[1], language: found[0] };
  }
  const [language, text] = entries[0] ?? [];
  return { text: text ?? "", ...(language === undefined ? {} : { language }) };
}
