import type { FormField } from "./form.ts";
import type { Conditions } from "./profile.ts";

/** Looks a field up by the name that a profile gives it; numbers and booleans of JSON as text. */
export type ReadField = (field: string) => string | undefined;

/** Reads JSON by keys with dots between them. */
export const readerOfJson =
  (json: unknown): ReadField =>
  (field) =>
    asText(findIn(json, field));

/** Reads a form; of a field that comes more than once, the first. */
export const readerOfForm =
  (form: readonly FormField[]): ReadField =>
  (name) =>
    form.find((each) => each.name === name)?.value;

/** Asks one reader after the other. */
export const firstOf =
  (...readers: readonly ReadField[]): ReadField =>
  (field) => {
    for (const read of readers) {
      const value = read(field);
      if (value !== undefined) return value;
    }
    return undefined;
  };

export function findIn(json: unknown, path: string): unknown {
  let node = json;
  for (const key of path.split(".")) {
    if (typeof node !== "object" || node === null || !Object.hasOwn(node, key)) return undefined;
    node = Reflect.get(node, key);
  }
  return node;
}

export function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

/** Whether all conditions hold. */
export function holds(conditions: Conditions | undefined, read: ReadField): boolean {
  return Object.entries(conditions ?? {}).every(([field, wanted]) => {
    const value = read(field);
    if (value === undefined) return false;
    if (Array.isArray(wanted)) return wanted.some((each) => String(each) === value);
    return typeof wanted === "object" ? new RegExp(wanted.matches, "iu").test(value) : String(wanted) === value;
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the gateway says about a failure, for the agent's eyes. */
export function sayWords(fields: readonly string[], read: ReadField): string | undefined {
  const words = fields
    .flatMap((field) => read(field) ?? [])
    .join(" ")
    .trim();
  return words === "" ? undefined : words.slice(0, 500);
}
