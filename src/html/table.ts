import { type Block, type Cell, type Inline, joinText, type Table, wordsOf } from "./document.ts";

/** Cells of a row up to this many characters stand on one line when their table is taken apart. */
const ONE_LINE = 120;

/**
 * Tables with things to look up keep their shape; those that only place things on a page do not (mail programs have
 * had no other means for it). Decided from what the cells hold, never from attributes: the answer stays the same when it is asked again.
 */
export function isData({ caption, rows }: Table): boolean {
  if (rows.some((row) => row.some(({ blocks }) => blocks.some(holdsTable)))) return false;
  if (caption.length > 0) return true;
  const wide = rows.filter((row) => row.filter(({ blocks }) => blocks.length > 0).length > 1);
  return rows.length > 1 && wide.length > 1 && wide.length * 2 >= rows.length;
}

const holdsTable = (block: Block): boolean =>
  block.is === "table" ||
  (block.is === "quote" && block.blocks.some(holdsTable)) ||
  (block.is === "list" && block.items.some((item) => item.some(holdsTable)));

/** What a table holds, one row under the other. */
export function takeApart({ caption, rows }: Table): Block[] {
  const title: Block[] = caption.length > 0 ? [{ is: "paragraph", tag: "div", words: caption }] : [];
  return [...title, ...rows.flatMap((row) => oneLine(row) ?? row.flatMap(({ blocks }) => blocks.map(alone)))];
}

const alone = (block: Block): Block =>
  block.is === "paragraph" && block.tag === undefined ? { ...block, tag: "div" } : block;

function oneLine(row: readonly Cell[]): Block | undefined {
  const words: Inline[] = [];
  let length = 0;
  for (const { blocks } of row) {
    const [only, ...more] = blocks;
    if (only === undefined) continue;
    if (only.is !== "paragraph" || only.tag !== undefined || more.length > 0) return undefined;
    if (only.words.includes(undefined)) return undefined;
    if (words.length > 0) words.push(" ");
    words.push(...only.words.slice(0, ONE_LINE));
    length += wordsOf(only.words).length;
    if (length > ONE_LINE) return undefined;
  }
  return words.length > 0 ? { is: "paragraph", tag: "div", words: joinText(words) } : undefined;
}
