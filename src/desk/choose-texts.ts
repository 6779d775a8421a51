import { en } from "./english.ts";
import { fr } from "./french.ts";
import type { DeskTexts } from "./texts.ts";

const TEXTS: Readonly<Record<string, DeskTexts>> = { en, fr };

/** @param languages the agency's, in order of preference. */
export const chooseTexts = (languages: readonly string[]): DeskTexts =>
  languages.flatMap((language) => TEXTS[language] ?? []).at(0) ?? en;
