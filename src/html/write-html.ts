import type { Block, Cell, Inline, Table } from "./document.ts";

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML text, or as the value of an attribute in double quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");

/** A letter as HTML that Matrix clients may be given (Client-Server API, m.room.message msgtypes). */
export const writeHtml = (blocks: readonly Block[]): string => blocks.map(writeBlock).join("");

function writeBlock(block: Block): string {
  switch (block.is) {
    case "paragraph":
      return block.tag === undefined ? writeWords(block.words) : wrap(block.tag, writeWords(block.words));
    case "pre":
      return wrap("pre", wrap("code", escapeHtml(block.text)));
    case "rule":
      return "<hr>";
    case "quote":
      return wrap("blockquote", writeHtml(block.blocks));
    case "list": {
      const items = block.items.map((item) => wrap("li", writeHtml(item))).join("");
      if (block.start === undefined) return wrap("ul", items);
      return block.start === 1 ? wrap("ol", items) : `<ol start="${block.start}">${items}</ol>`;
    }
    case "table":
      return writeTable(block);
  }
}

const wrap = (tag: string, inside: string) => `<${tag}>${inside}</${tag}>`;

const writeTable = ({ caption, rows }: Table) =>
  wrap(
    "table",
    (caption.length > 0 ? wrap("caption", writeWords(caption)) : "") +
      rows.map((row) => wrap("tr", row.map(writeCell).join(""))).join(""),
  );

const writeCell = ({ isHeader, blocks }: Cell) => wrap(isHeader ? "th" : "td", writeHtml(blocks));

function writeWords(words: readonly Inline[]): string {
  return words
    .map((word) => {
      if (word === undefined) return "<br>";
      if (typeof word === "string") return escapeHtml(word);
      const inside = writeWords(word.children);
      return word.href === undefined ? wrap(word.tag, inside) : `<a href="${escapeHtml(word.href)}">${inside}</a>`;
    })
    .join("");
}
