import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js";
import type { Field } from "./fields.ts";
import type { TextKey } from "./text-keys.ts";

/** What is wrong with a field, to be said next to it. */
export interface Fault {
  /** Name of the field. */
  readonly field: string;
  readonly key: TextKey;
  readonly values?: Readonly<Record<string, string | number>>;
}

/** What a citizen filled in: each value in the one form in which it goes on. */
export interface Answers {
  /** By name of the field; empty ones are left out. */
  readonly values: ReadonlyMap<string, string>;
  readonly answerVia: "page" | "email" | "sms";
}

export interface Filled {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** Names of those whose value was longer than can be read at all. */
  readonly cut: ReadonlySet<string>;
}

export interface Rules {
  readonly answerVia: readonly ("email" | "sms")[];
  readonly needsConsent: boolean;
  readonly country: string | undefined;
}

/** Reads what was filled in, and tells all that is wrong with it at once. */
export function readForm(
  fields: readonly Field[],
  filled: Filled,
  rules: Rules,
): { readonly answers: Answers; readonly faults: readonly Fault[] } {
  const values = new Map<string, string>();
  const faults: Fault[] = [];
  for (const field of fields) {
    const read = readField(field, filled, rules);
    if ("key" in read) faults.push({ ...read, field: field.name });
    else if (read.value !== "") values.set(field.name, read.value);
  }
  const wish = firstOf(filled, "answer");
  const answerVia = rules.answerVia.find((way) => way === wish) ?? "page";
  const contact = fields.find(({ kind }) => kind === (answerVia === "sms" ? "phone" : answerVia));
  if (contact && !values.has(contact.name) && !faults.some(({ field }) => field === contact.name))
    faults.push({ field: contact.name, key: answerVia === "sms" ? "fault.needs-phone" : "fault.needs-email" });
  if (rules.needsConsent && firstOf(filled, "consent") === "") faults.push({ field: "consent", key: "fault.consent" });
  return { answers: { values, answerVia }, faults };
}

export const firstOf = ({ fields }: Pick<Filled, "fields">, name: string) => fields.get(name)?.[0] ?? "";

type Read = { readonly value: string } | Omit<Fault, "field">;

function readField(field: Field, filled: Filled, rules: Rules): Read {
  const label = field.label.text;
  const value = tidy(firstOf(filled, field.name), field.kind === "message");
  if (value === "") {
    if (!field.isRequired) return { value };
    const key = field.kind === "choice" ? "fault.choose" : field.kind === "checkbox" ? "fault.tick" : "fault.missing";
    return { key, values: { field: label } };
  }
  const length = [...value].length;
  if (filled.cut.has(field.name) || length > field.most)
    return { key: "fault.too-long", values: { field: label, length, most: field.most } };
  switch (field.kind) {
    case "email":
      return isEmail(value) ? { value: value.toLowerCase() } : { key: "fault.email" };
    case "phone": {
      const number = readPhone(value, rules.country);
      return number === undefined ? { key: "fault.phone" } : { value: number };
    }
    case "date": {
      const date = readDate(value);
      return date === undefined ? { key: "fault.date" } : { value: date };
    }
    case "choice":
      return field.options.some((option) => option.value === value)
        ? { value }
        : { key: "fault.option", values: { field: label } };
    default:
      return { value };
  }
}

/** Without control characters; line ends as \n, and none in a field of one line. */
function tidy(text: string, hasLines: boolean): string {
  const plain = text
    .replace(/\r\n?/g, "\n")
    .replace(/[^\P{Cc}\n\t]/gu, "")
    .toWellFormed();
  return (hasLines ? plain : plain.replace(/\s+/g, " ")).trim();
}

/** As HTML has it for `input type=email`, and with a domain that mail can go to. */
const isEmail = (text: string) =>
  /^[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@([\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}][\p{L}\p{N}-]{0,61}$/u.test(
    text,
  );

/** @returns the number as E.164. */
function readPhone(text: string, country: string | undefined): string | undefined {
  const from: CountryCode | undefined = country !== undefined && isSupportedCountry(country) ? country : undefined;
  const number = parsePhoneNumberFromString(text.replace(/^00/, "+"), from);
  return number?.isPossible() ? number.number : undefined;
}

/** A day that exists, as `input type=date` sends it or as people write it. @returns as 2026-12-31 */
export function readDate(text: string): string | undefined {
  const [, year, month, day] =
    /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? swap(/^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/.exec(text));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const iso = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : undefined;
}

const swap = (found: RegExpExecArray | null): readonly (string | undefined)[] =>
  found === null ? [] : [found[0], found[3], found[2], found[1]];
