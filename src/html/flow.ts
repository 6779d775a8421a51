import { cleanCharacters, isBlank } from "./characters.ts";
import { type Block, type Inline, joinText, type MarkTag, type ParagraphTag } from "./document.ts";

/** Formatting that an element gives to the words inside it. */
export interface Mark {
  readonly tag: MarkTag;
  readonly href?: string;
  /** What is written behind a link, for the words that it shows. */
  readonly note?: (words: string) => string;
}

interface Leaf {
  /** Undefined is a line break. */
  text: string | undefined;
  readonly marks: readonly Mark[];
}

/** Empty lines between two lines of words. */
const MOST_BREAKS = 2;

/** Gathers what stands in one container: words until a paragraph ends, then blocks. */
export class Flow {
  readonly #blocks: Block[] = [];
  #leaves: Leaf[] = [];

  addText(text: string, marks: readonly Mark[]): void {
    const last = this.#leaves.at(-1);
    if (last?.text !== undefined && last.marks === marks) last.text += text;
    else this.#leaves.push({ text, marks });
  }

  addBreak(marks: readonly Mark[]): void {
    this.#leaves.push({ text: undefined, marks });
  }

  /** Ends the paragraph, if there is one. */
  end(tag: ParagraphTag | undefined): void {
    const leaves = this.#leaves;
    if (leaves.length === 0) return;
    this.#leaves = [];
    const first = leaves.findIndex(hasInk);
    // Programs without paragraphs put empty lines between their lines.
    if (leaves.slice(0, first < 0 ? undefined : first).some(isEmptyLine)) this.#part();
    if (first < 0) return;
    const last = leaves.findLastIndex(hasInk);
    const isParted = leaves.slice(last + 1).filter(({ text }) => text === undefined).length > 1;
    const words = nest(tidySpaces(leaves), 0);
    this.#addParagraph(isParted && (tag === undefined || tag === "div") ? "p" : tag, words);
  }

  /** Parts the line before from what follows. */
  #part(): void {
    const last = this.#blocks.at(-1);
    if (last?.is !== "paragraph" || (last.tag !== undefined && last.tag !== "div")) return;
    this.#blocks[this.#blocks.length - 1] = { ...last, tag: "p" };
  }

  #addParagraph(tag: ParagraphTag | undefined, words: readonly Inline[]): void {
    const last = this.#blocks.at(-1);
    // Two that have no element would run together.
    const runsOn = tag === undefined && last?.is === "paragraph" && last.tag === undefined;
    this.#blocks.push({ is: "paragraph", tag: runsOn ? "div" : tag, words });
  }

  /** A block behind all that has ended. */
  add(block: Block): void {
    if (block.is === "paragraph") this.#addParagraph(block.tag, block.words);
    else this.#blocks.push(block);
  }

  /** Everything, when nothing more comes. */
  close(): readonly Block[] {
    this.end(undefined);
    return this.#blocks;
  }

  /** As `close`, for an item or a cell: a lone paragraph needs no element inside it. */
  closeItem(): readonly Block[] {
    const [only, ...more] = this.close();
    if (only?.is !== "paragraph" || more.length > 0 || /^h/.test(only.tag ?? "")) return this.#blocks;
    return [{ ...only, tag: undefined }];
  }

  /** As `close`, for a container that holds words only. */
  closeWords(): readonly Inline[] {
    const paragraphs = this.close().flatMap((block) => (block.is === "paragraph" ? [block.words] : []));
    return joinText(paragraphs.flatMap((words, index) => (index > 0 ? [" ", ...words] : words)));
  }
}

const hasInk = ({ text }: Leaf) => text !== undefined && !isBlank(cleanCharacters(text));

const isEmptyLine = ({ text }: Leaf) => text === undefined || text.includes("\u00A0");

/** White space as it would be shown (CSS Text 3, 4.1); padding with no-break spaces is white space too. */
function tidySpaces(leaves: readonly Leaf[]): Leaf[] {
  const tidy: Leaf[] = [];
  let breaks = 0;
  let isAfterSpace = true;
  let lastInk = 0;
  for (const { text, marks } of leaves) {
    if (text === undefined) {
      if (tidy.length === 0 || ++breaks > MOST_BREAKS) continue;
      trimEnd(tidy);
      tidy.push({ text, marks });
      isAfterSpace = true;
      continue;
    }
    const collapsed = cleanCharacters(text.replace(/[ \t\n\r\f\v]+/g, " ")).replace(/[ \u00A0]{2,}/g, " ");
    const shown = isAfterSpace ? collapsed.replace(/^[ \u00A0]/, "") : collapsed;
    if (shown === "") continue;
    tidy.push({ text: shown, marks });
    isAfterSpace = /[ \u00A0]$/.test(shown);
    if (isBlank(shown)) continue;
    breaks = 0;
    lastInk = tidy.length;
  }
  const seen = tidy.slice(0, lastInk);
  trimEnd(seen);
  return seen;
}

function trimEnd(leaves: Leaf[]): void {
  for (let last = leaves.at(-1); last?.text !== undefined; last = leaves.at(-1)) {
    last.text = last.text.replace(/[ \u00A0]$/, "");
    if (last.text !== "") return;
    leaves.pop();
  }
}

/** Puts neighbours with the same mark into one element. */
function nest(leaves: readonly Leaf[], depth: number): Inline[] {
  const words: Inline[] = [];
  for (let index = 0; index < leaves.length; ) {
    const leaf = leaves[index];
    const mark = leaf?.marks[depth];
    if (leaf === undefined) break;
    if (mark === undefined) {
      words.push(leaf.text);
      index += 1;
      continue;
    }
    let end = index + 1;
    while (end < leaves.length && leaves[end]?.marks[depth] === mark) end += 1;
    const group = leaves.slice(index, end);
    const text = group.map((each) => each.text ?? " ").join("");
    const inside = nest(group, depth + 1);
    index = end;
    if (isBlank(text)) {
      for (const each of inside) words.push(each);
      continue;
    }
    const note = mark.note?.(text) ?? "";
    if (note !== "") inside.push(/\s$/.test(text) ? note : ` ${note}`);
    const children = joinText(inside);
    words.push({ tag: mark.tag, ...(mark.href === undefined ? {} : { href: mark.href }), children });
  }
  return joinText(words);
}
