/** Formatting of words: the part of the Matrix allow list (Client-Server API, m.room.message msgtypes) that letters need. */
export type MarkTag = "a" | "b" | "strong" | "i" | "em" | "u" | "s" | "del" | "code" | "sup" | "sub";

export type ParagraphTag = "p" | "div" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6";

/** Words of a paragraph; `undefined` is a line break. */
export type Inline = string | undefined | Marked;

export interface Marked {
  readonly tag: MarkTag;
  /** Absolute; links only. */
  readonly href?: string;
  readonly children: readonly Inline[];
}

/**
 * A letter as both writers take it. What this type cannot say cannot be written either: no attribute but a link's target
 * and a list's first number, no element outside the allow list, no block inside a line of words.
 */
export type Block =
  | {
      readonly is: "paragraph";
      /** Undefined: the words stand in their container without an element of their own. */
      readonly tag: ParagraphTag | undefined;
      readonly words: readonly Inline[];
    }
  | { readonly is: "pre"; readonly text: string }
  | { readonly is: "rule" }
  | { readonly is: "quote"; readonly blocks: readonly Block[] }
  | {
      readonly is: "list";
      /** Number of the first item; undefined when the items have none. */
      readonly start: number | undefined;
      readonly items: readonly (readonly Block[])[];
    }
  | Table;

export interface Table {
  readonly is: "table";
  readonly caption: readonly Inline[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface Cell {
  readonly isHeader: boolean;
  readonly blocks: readonly Block[];
}

/** Bare words, without formatting and line breaks. */
export const wordsOf = (words: readonly Inline[]): string =>
  words.map((word) => (word === undefined ? " " : typeof word === "string" ? word : wordsOf(word.children))).join("");

/** The same words, with no two strings side by side. */
export function joinText(words: readonly Inline[]): Inline[] {
  const joined: Inline[] = [];
  for (const word of words) {
    const last = joined.at(-1);
    if (typeof word === "string" && typeof last === "string") joined[joined.length - 1] = last + word;
    else joined.push(word);
  }
  return joined;
}
