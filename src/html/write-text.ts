import { type Block, type Cell, type Inline, type Marked, type Table, wordsOf } from "./document.ts";

/** A letter as plain text that says the same: quotes and lists as people type them, targets behind their links. */
export const writeText = (blocks: readonly Block[]): string => writeBlocks(blocks).join("\n");

/** In lines. */
function writeBlocks(blocks: readonly Block[]): string[] {
  const lines: string[] = [];
  let before: Block | undefined;
  for (const block of blocks) {
    if (before !== undefined && !(isLine(before) && (isLine(block) || block.is === "list"))) lines.push("");
    for (const line of writeBlock(block)) lines.push(line);
    before = block;
  }
  return lines;
}

/** Stands directly under its neighbour. */
const isLine = (block: Block) => block.is === "paragraph" && (block.tag === "div" || block.tag === undefined);

function writeBlock(block: Block): string[] {
  switch (block.is) {
    case "paragraph":
      return writeWords(block.words).split("\n");
    case "pre":
      return block.text.split("\n").map((line) => (line === "" ? "" : `    ${line}`));
    case "rule":
      return ["-".repeat(20)];
    case "quote":
      return writeBlocks(block.blocks).map((line) => (line === "" ? ">" : `> ${line}`));
    case "list":
      return block.items.flatMap((item, index) => {
        const bullet = block.start === undefined ? "- " : `${block.start + index}. `;
        return writeBlocks(item).map((line, at) => (at === 0 ? bullet : line && " ".repeat(bullet.length)) + line);
      });
    case "table":
      return writeTable(block);
  }
}

/** A table wider than this stands without aligned columns: mail programs would break its lines anyway. */
const WIDEST = 76;

function writeTable({ caption, rows }: Table): string[] {
  const cells = rows.map((row) => row.map(writeCell));
  const widths: number[] = [];
  for (const row of cells)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const isAligned = widths.reduce((sum, width) => sum + width + 3, 0) <= WIDEST;
  const lines = caption.length > 0 ? [writeWords(caption)] : [];
  for (const [index, row] of cells.entries()) {
    const padded = isAligned ? row.map((cell, column) => cell.padEnd(widths[column] ?? 0)) : row;
    lines.push(padded.join(" | ").trimEnd());
    const isHead = index === 0 && rows[0]?.every((cell) => cell.isHeader) === true && rows.length > 1;
    if (isHead) lines.push(isAligned ? widths.map((width) => "-".repeat(width)).join("-|-") : "---");
  }
  return lines;
}

const writeCell = ({ blocks }: Cell) =>
  writeBlocks(blocks)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" / ");

const writeWords = (words: readonly Inline[]): string =>
  words.map((word) => (word === undefined ? "\n" : typeof word === "string" ? word : writeMarked(word))).join("");

function writeMarked(marked: Marked): string {
  const inside = writeWords(marked.children);
  if (marked.href !== undefined)
    return names(wordsOf(marked.children), marked.href) ? inside : `${inside} <${marked.href}>`;
  // Words that were struck out say the opposite when nothing shows it.
  if (marked.tag === "s" || marked.tag === "del") return `~~${inside}~~`;
  if (marked.tag === "sup" || marked.tag === "sub") return raise(inside, marked.tag);
  return inside;
}

const bare = (target: string) =>
  target
    .trim()
    .replace(/^(?:https?:\/\/|mailto:|tel:)/i, "")
    .replace(/\/$/, "");

const names = (text: string, href: string) => bare(text) === bare(href);

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SUBSCRIPT = "₀₁₂₃₄₅₆₇₈₉";

/** m², not m2. Anything but figures reads well where it is: 1er. */
const raise = (text: string, tag: "sup" | "sub") =>
  /^\d+$/.test(text)
    ? text.replace(/\d/g, (digit) => (tag === "sup" ? SUPERSCRIPT : SUBSCRIPT)[Number(digit)] ?? digit)
    : text;
