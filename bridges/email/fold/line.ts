/** A line of a mail's body, as text and HTML alike are read into. */
export interface Line {
  /** The line as it is shown, with its quote marks. */
  readonly text: string;
  /** The words without quote marks and blanks round them. */
  readonly words: string;
  /** How deep it is quoted, by marks (RFC 3676, 4.5) or by containers that hold nothing but quotes. */
  readonly depth: number;
  /** Set apart in a way that quotes use, and others too: a quote when something announces it. */
  readonly perhapsQuoted: boolean;
  /** What the container says that a mail program has put round it. */
  readonly mark?: Mark;
}

/** `intro` announces a quote, `cut` begins the mail that is answered, `signature` belongs to one. */
export type Mark = "intro" | "cut" | "signature";

/** Longer lines are prose: nothing in them is looked for. In characters. */
export const LONGEST_MARKER = 500;

export const isBlank = (line: Line | undefined): boolean => line !== undefined && line.words === "";

/** Index of the first line from `at` that is not blank, or the number of lines. */
export function skipBlank(lines: readonly Line[], at: number): number {
  let index = at;
  while (index < lines.length && isBlank(lines[index])) index += 1;
  return index;
}

/** Splits quote marks off: "> > words" is two deep. `before` is the depth that containers give. */
export function readLine(text: string, before = 0, perhapsQuoted = false, mark?: Mark): Line {
  let depth = before;
  let at = 0;
  let rest = 0;
  // Up to two blanks stand between marks; more of them indent words.
  for (; at < text.length && at - rest <= 2; at += 1) {
    const sign = text[at];
    if (sign === ">") {
      depth += 1;
      rest = at + 1;
    } else if (sign !== " " && sign !== "\t" && sign !== "\u00a0") break;
  }
  const stripped = text.slice(rest);
  const words = stripped.replace(INVISIBLE, "").trim();
  const isSoft = depth === 0 && (words.startsWith("|") || /^[A-Za-z]{1,3}>(?!>)/.test(words));
  return {
    text,
    words,
    depth,
    perhapsQuoted: perhapsQuoted || isSoft,
    ...(mark === undefined ? {} : { mark }),
  };
}

/** Marks of writing direction and joiners, which mail programs put round dates and names. */
const INVISIBLE = /[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
