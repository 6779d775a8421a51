import type { Block, Inline } from "../html/document.ts";
import type { Mark } from "../html/flow.ts";
import type { Element } from "../html/parse-html.ts";
import { readDocument } from "../html/read-document.ts";
import type { Reading } from "../html/walk.ts";
import { writeHtml } from "../html/write-html.ts";
import { writeText } from "../html/write-text.ts";
import { isMatrixLink, nameMentions, nameOfLink } from "./render-mentions.ts";

/**
 * Formatted words of a Matrix client as HTML that every mail program shows, and the same as plain text.
 * @param dress changes the first words: a command is taken off, an emote gets its sign.
 * @param isCut its first line is left out.
 * @returns undefined when nothing is left, or when it is larger or deeper than answers are.
 */
export function renderHtml(
  html: string,
  dress: (words: string) => string,
  mentioned: readonly string[],
  isCut = false,
): { html: string; text: string } | undefined {
  const whole = readDocument(html, (root) => {
    prepare(root, mentioned);
    dressFirst(root, dress);
    return AS_AGENT;
  });
  const blocks = whole && isCut ? cutFirstLine(whole) : whole;
  if (blocks === undefined || blocks.length === 0) return undefined;
  return { html: writeHtml(blocks), text: writeText(blocks) };
}

/** @returns undefined when the line's end is inside some formatting: then plain words must do. */
function cutFirstLine([first, ...rest]: readonly Block[]): readonly Block[] | undefined {
  if (first?.is !== "paragraph") return undefined;
  const end = first.words.indexOf(undefined);
  if (end < 0) return hasBreak(first.words) ? undefined : rest;
  if (hasBreak(first.words.slice(0, end))) return undefined;
  return [{ ...first, words: first.words.slice(end + 1) }, ...rest];
}

const hasBreak = (words: readonly Inline[]): boolean =>
  words.some((word) => word === undefined || (typeof word !== "string" && hasBreak(word.children)));

const AS_AGENT: Reading<true> = {
  look: true,
  // The quote that older clients put before a reply (Client-Server API before 1.13).
  enter({ tag, attributes }) {
    if (tag === "mx-reply") return undefined;
    return { look: true, words: tag === "img" ? (attributes.alt ?? attributes.title ?? "") : undefined };
  },
  shows: () => true,
  link: ({ attributes }) => markLink(attributes.href ?? ""),
  keeps: () => true,
};

function markLink(href: string): Mark | undefined {
  const url = URL.parse(href);
  return url !== null && /^(?:https?|mailto|tel):$/.test(url.protocol) ? { tag: "a", href: url.href } : undefined;
}

/** Puts words where a citizen's program would show nothing, or something of Matrix. */
function prepare(element: Element, mentioned: readonly string[]): void {
  const { children } = element;
  for (const [index, child] of children.entries()) {
    if (typeof child === "string") children[index] = nameMentions(child, mentioned);
    else if (child.tag === "a" && isMatrixLink(child.attributes.href ?? ""))
      children[index] = nameOfLink(textOf(child), child.attributes.href ?? "");
    else prepare(child, mentioned);
  }
  // Mail hides nothing behind a click: the reason for hiding goes before the words.
  const reason = element.attributes["data-mx-spoiler"]?.trim();
  if (reason) children.unshift(`(${reason}) `);
}

const textOf = ({ children }: Element): string =>
  children
    .map((child) => {
      if (typeof child === "string") return child;
      return child.tag === "img" ? (child.attributes.alt ?? "") : textOf(child);
    })
    .join("");

/** @returns whether there were words. */
function dressFirst({ children }: Element, dress: (words: string) => string): boolean {
  for (const [index, child] of children.entries()) {
    if (typeof child !== "string") {
      if (child.tag !== "mx-reply" && dressFirst(child, dress)) return true;
    } else if (child.trim() !== "") {
      children[index] = dress(child);
      return true;
    }
  }
  return false;
}
