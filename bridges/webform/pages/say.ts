import type { SaidByCitizen } from "../history.ts";
import type { Texts } from "../texts.ts";
import type { AllowedTypes } from "../upload/file-types.ts";

const MIB = 1024 * 1024;

/** `10 MB`, in the page's language. */
export function sayBytes(bytes: number, { language }: Texts): string {
  const [amount, unit] = bytes >= MIB ? [bytes / MIB, "megabyte"] : [Math.max(1, bytes / 1024), "kilobyte"];
  return new Intl.NumberFormat(localeOf(language), {
    style: "unit",
    unit,
    maximumFractionDigits: amount < 10 ? 1 : 0,
  }).format(amount);
}

export const sayTime = (date: Date, { language }: Texts, timeZone: string | undefined): string =>
  new Intl.DateTimeFormat(localeOf(language), { dateStyle: "long", timeStyle: "short", timeZone }).format(date);

export const sayDate = (date: Date, { language }: Texts, timeZone: string | undefined): string =>
  new Intl.DateTimeFormat(localeOf(language), { dateStyle: "long", timeZone }).format(date);

/** Dates in English as they are written in Europe; digits as the pages' other numbers have them. */
const localeOf = (language: string) => (language === "en" ? "en-GB" : `${language}-u-nu-latn`);

/** A name that may run the other way than the words around it (UAX 9: first strong isolate). */
export const isolate = (text: string) => `\u2068${text}\u2069`;

export const sayTypes = (types: AllowedTypes): string => (types === "any" ? "" : types.join(", "));

/** How a citizen learns of an answer: where they asked for it, or by looking. */
export const sayWish = (said: SaidByCitizen | undefined, { say }: Texts): string =>
  said === undefined || said.answerVia === "page"
    ? say("receipt.alone")
    : say(`receipt.${said.answerVia}`, { address: isolate(said.answerTo ?? said.from.address) });
