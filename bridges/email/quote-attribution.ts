import type { AnsweredMessage } from "../../src/adapter/index.ts";
import { tidyLine } from "./tidy.ts";

/** The line above a quote, as mail programs write it. */
const LINES: Readonly<Record<string, (date: string, who: string) => string>> = {
  de: (date, who) => `Am ${date} schrieb ${who}:`,
  en: (date, who) => `On ${date}, ${who} wrote:`,
  es: (date, who) => `El ${date}, ${who} escribió:`,
  fr: (date, who) => `Le ${date}, ${who} a écrit :`,
  it: (date, who) => `Il ${date}, ${who} ha scritto:`,
  nl: (date, who) => `Op ${date} schreef ${who}:`,
  pt: (date, who) => `Em ${date}, ${who} escreveu:`,
};

/** Who wrote what is quoted, and when, in the time of this machine. @param language a tag; English for one that is not spoken here. */
export function attribute({ from, at }: Pick<AnsweredMessage, "from" | "at">, language: string): string {
  const [base = ""] = language.split("-");
  const write = LINES[base];
  const date = new Intl.DateTimeFormat(write ? language : "en", { dateStyle: "long", timeStyle: "short" }).format(at);
  const name = tidyLine(from.name ?? "", 100);
  const who = name === "" ? from.address : `${name} <${from.address}>`;
  return (write ?? LINES.en)?.(date, who) ?? `${date}, ${who}:`;
}
