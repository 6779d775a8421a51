import render from "dom-serializer";
import { type ChildNode, type Document, hasChildren, isComment, isTag, isText, type ParentNode } from "domhandler";
import { parseDocument } from "htmlparser2";
import { isParseable } from "../html-text.ts";
import { foldLines, type Part } from "./fold-lines.ts";
import { type HtmlLine, PICTURE, readHtmlLines, SEEN_WITHOUT_WORDS } from "./html-lines.ts";
import { isBlank } from "./line.ts";

/** An HTML body, and what is whose in it. */
export interface ReadHtml {
  readonly document: Document;
  readonly lines: readonly HtmlLine[];
  readonly parts: readonly Part[];
}

/** Bodies of more elements, counted by what opens and closes them, are nobody's letter: they are shown as they are. */
const MOST_TAGS = 20_000;

/** Reads an HTML body; undefined for one that would take too long. */
export function readHtml(html: string, sender?: string): ReadHtml | undefined {
  if (!isParseable(html) || html.split("<", MOST_TAGS).length === MOST_TAGS) return undefined;
  const document = parseDocument(html);
  const lines = readHtmlLines(document);
  return (
    lines && {
      document,
      lines,
      parts: foldLines(
        lines.map(({ line }) => line),
        sender,
      ),
    }
  );
}

export interface FoldedHtml {
  /** The shown part, still HTML, and as unsafe as it came. */
  readonly visible: string;
  /** Its words, a line a line; "" when nothing is left. */
  readonly text: string;
  /** Words of what was folded away. */
  readonly hidden: readonly string[];
}

/** The sender's own words of an HTML body; undefined for one that cannot be read. */
export function foldHtml(html: string): FoldedHtml | undefined {
  const read = readHtml(html);
  return read && keepParts(read, ({ kind }) => kind === "own" || kind === "context");
}

/** Takes what is not shown out of the document, which is spent by it. */
export function keepParts({ document, lines, parts }: ReadHtml, isShown: (part: Part) => boolean): FoldedHtml {
  const left = parts.filter((part) => !isShown(part));
  const gone = new Set(left.flatMap(({ start, end }) => lines.slice(start, end).flatMap(({ nodes }) => nodes)));
  // The empty lines that stood between the words and what is gone.
  const last = parts.findLast(isShown);
  if (last !== undefined && last !== parts.at(-1)) {
    for (let index = last.end - 1; index >= last.start && isBlank(lines[index]?.line); index -= 1)
      for (const node of lines[index]?.nodes ?? []) gone.add(node);
  }
  if (gone.size > 0) prune(document, gone);
  return {
    visible: render(document),
    text: parts.filter(isShown).map(textOf(lines)).join("\n").trim(),
    hidden: left.map(textOf(lines)).filter((text) => text.trim() !== ""),
  };
}

const textOf =
  (lines: readonly HtmlLine[]) =>
  ({ start, end }: Part): string =>
    lines
      .slice(start, end)
      .map(({ line }) => line.text.replace(PICTURE, ""))
      .join("\n");

/** Takes nodes out, and the elements that hold nothing to see without them. */
function prune(parent: ParentNode, gone: ReadonlySet<ChildNode>): { hasLost: boolean; isEmpty: boolean } {
  let hasLost = false;
  let isEmpty = true;
  parent.children = parent.children.filter((child) => {
    const inside = hasChildren(child) ? prune(child, gone) : undefined;
    const isHollow = inside?.isEmpty === true && !(isTag(child) && SEEN_WITHOUT_WORDS.has(child.name));
    if (gone.has(child) || (isHollow && inside?.hasLost === true)) {
      hasLost = true;
      return false;
    }
    hasLost ||= inside?.hasLost === true;
    isEmpty &&= isHollow || isComment(child) || (isText(child) && child.data.trim() === "");
    return true;
  });
  return { hasLost, isEmpty };
}
