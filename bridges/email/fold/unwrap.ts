import type { Header } from "./find-headers.ts";
import type { Section } from "./find-sections.ts";
import type { Part } from "./fold-lines.ts";
import type { HeaderKind } from "./header-labels.ts";
import { isBlank, type Line } from "./line.ts";

/** A mail inside another one: passed on (`forward`), answered (`reply`), or quoted without a word about it. */
export interface Unwrapped {
  readonly type: "forward" | "reply" | "quote";
  /** The sender's words above and below it. */
  readonly top: string;
  readonly bottom: string;
  /** Head and words of the inner mail, as they stand there but for the quote marks. */
  readonly whole: string;
  /** Its words alone. */
  readonly text: string;
  readonly fields: Readonly<Partial<Record<HeaderKind, string>>>;
}

/** The first mail inside a body, taken apart; undefined when there is none. */
export function unwrap(lines: readonly Line[], parts: readonly Part[]): Unwrapped | undefined {
  const first = parts.find(({ kind }) => kind !== "own" && kind !== "signature");
  if (first === undefined) return undefined;
  const next = parts[parts.indexOf(first) + 1];
  const isIntro = first.kind === "intro";
  const { section } = isIntro && next?.section.intro ? next : first;
  const { separator, intro } = section;
  const textAt = Math.max(section.start, separator?.end ?? intro?.end ?? 0);
  const wholeAt = Math.max(section.start, separator?.headAt ?? 0);
  return {
    type: separator ? "forward" : intro ? "reply" : "quote",
    top: join(lines.slice(0, first.start)),
    bottom: join(lines.slice(section.end)),
    whole: unquote(lines.slice(wholeAt, section.end)),
    text: unquote(lines.slice(textAt, section.end)),
    fields: separator ? fieldsOf(separator.headers) : { ...pick("from", intro?.from), ...pick("date", intro?.date) },
  };
}

/** A forwarded mail as it reads best: its separator, its head with a line for each header, its words without quote marks. */
export function showForward(lines: readonly Line[], { start, end, separator }: Section): string {
  if (separator === undefined) return join(lines.slice(start, end));
  const above = lines.slice(start, separator.headAt).map(({ words }) => words);
  const head = separator.headers.map(({ label, value }) => `${label}: ${value}`);
  const body = unquote(lines.slice(separator.end, end));
  return `${[...above.filter((words) => words !== ""), ...head].join("\n")}\n\n${body}`.trim();
}

const join = (lines: readonly Line[]) =>
  lines
    .map(({ text }) => text)
    .join("\n")
    .trim();

/** Lines without the quote marks that all of them have. */
function unquote(lines: readonly Line[]): string {
  const level = lines.filter((line) => !isBlank(line)).reduce((least, { depth }) => Math.min(least, depth), 99);
  return lines
    .map(({ text, depth }) => (level > 0 && level < 99 && depth >= level ? withoutMarks(text, level) : text))
    .join("\n")
    .trim();
}

/** In lines of HTML, containers take the place of marks: there is none to take off. */
function withoutMarks(text: string, level: number): string {
  let rest = text;
  for (let taken = 0; taken < level; taken += 1) rest = rest.replace(/^\s{0,3}> ?/, "");
  return rest;
}

function fieldsOf(headers: readonly Header[]): Unwrapped["fields"] {
  const fields: Partial<Record<HeaderKind, string>> = {};
  for (const { kind, value } of headers) fields[kind] ??= value;
  return fields;
}

const pick = (kind: HeaderKind, value: string | undefined) => (value === undefined ? {} : { [kind]: value });
