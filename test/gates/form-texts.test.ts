import { expect, test } from "vitest";
import { parse } from "yaml";
import { TEXT_KEYS } from "../../bridges/webform/text-keys.ts";
import { LANGUAGES, readTexts } from "../../bridges/webform/texts.ts";
import { readLines } from "../support/project-files.ts";

const placesIn = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
const keysOf = (language: string) => Object.keys(parse(readLines(`bridges/webform/texts/${language}.yaml`).join("\n")));

test("the form speaks the languages that it is to speak", () => {
  expect(LANGUAGES).toEqual(["ar", "de", "en", "es", "fr", "it", "nl", "pl", "pt"]);
});

test.each(LANGUAGES)("%s has each text once, with the same words to fill in", (language) => {
  const [texts, english] = [readTexts(language), readTexts("en")];
  expect(keysOf(language).toSorted()).toEqual([...TEXT_KEYS].sort());
  for (const key of TEXT_KEYS) expect([key, placesIn(texts.say(key))]).toEqual([key, placesIn(english.say(key))]);
});
