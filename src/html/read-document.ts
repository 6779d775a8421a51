import { cleanCharacters, isBlank } from "./characters.ts";
import type { Block, MarkTag, ParagraphTag } from "./document.ts";
import { Flow, type Mark } from "./flow.ts";
import { type Element, parseHtml } from "./parse-html.ts";
import { readItems, readStart } from "./read-list.ts";
import { readTable } from "./read-table.ts";
import { takeApart } from "./table.ts";
import type { Place, Reading, Walk } from "./walk.ts";

const MARKS: Readonly<Record<string, MarkTag>> = {
  ...{ b: "b", strong: "strong", i: "i", em: "em", u: "u", ins: "u", s: "s", strike: "s", del: "del", cite: "i" },
  ...{ dfn: "i", var: "i", code: "code", tt: "code", kbd: "code", samp: "code", sup: "sup", sub: "sub" },
};

const PARAGRAPHS: Readonly<Record<string, ParagraphTag>> = {
  ...{ p: "p", h1: "h1", h2: "h2", h3: "h3", h4: "h4", h5: "h5", h6: "h6" },
  ...Object.fromEntries(
    "div address article aside body center dd details dl dt fieldset figcaption figure footer form header hgroup li main nav section summary td th tr"
      .split(" ")
      .map((tag) => [tag, "div"]),
  ),
};

/** Nothing in these is text for a reader. An element that stands in no list here gives its words only. */
const DROPPED = new Set(
  "datalist embed frame frameset iframe math noembed noframes noscript option script select style svg template textarea title xml".split(
    " ",
  ),
);

const PREFORMATTED = new Set(["pre", "listing", "xmp", "plaintext"]);
const LISTS = new Set(["ul", "ol", "dir", "menu"]);

/** Containers in one another: the specification advises clients to show no more than 100 elements. */
const DEEPEST = 30;

/**
 * Reads HTML as a letter, in time that grows with its size only.
 * @param choose decides how, once the elements are known.
 * @returns undefined when it is larger or deeper than letters are.
 */
export function readDocument<Look>(
  html: string,
  choose: (root: Element) => Reading<Look>,
): readonly Block[] | undefined {
  const root = parseHtml(html);
  if (root === undefined) return undefined;
  const reading = choose(root);
  const walk: Walk<Look> = { reading, children: (element, place) => readChildren(walk, element, place) };
  const flow = new Flow();
  walk.children(root, { flow, look: reading.look, marks: [], tag: undefined, depth: 0 });
  return flow.close();
}

function readChildren<Look>(walk: Walk<Look>, element: Element, place: Place<Look>): void {
  for (const child of element.children) {
    if (typeof child !== "string") readElement(walk, child, place);
    else if (walk.reading.shows(place.look)) place.flow.addText(child, place.marks);
  }
}

function readElement<Look>(walk: Walk<Look>, element: Element, outside: Place<Look>): void {
  const { reading } = walk;
  const { tag } = element;
  const { flow, marks } = outside;
  const entered = reading.enter(
    element,
    outside.look,
    marks.some((mark) => mark.tag === "a"),
  );
  if (entered === undefined || DROPPED.has(tag)) return;
  const { look, words } = entered;
  const place = look === outside.look ? outside : { ...outside, look };
  const paragraph = Object.hasOwn(PARAGRAPHS, tag) ? PARAGRAPHS[tag] : undefined;
  if (words !== undefined) {
    if (reading.shows(look)) flow.addText(words, marks);
  } else if (tag === "br") {
    if (reading.shows(look)) flow.addBreak(marks);
  } else if (tag === "a") walk.children(element, withMark(place, reading.link(element)));
  else if (Object.hasOwn(MARKS, tag)) walk.children(element, withMark(place, markOf(MARKS[tag])));
  else if (paragraph !== undefined) readParagraph(walk, element, place, paragraph);
  else if (tag === "hr") addBlock(walk, place, { is: "rule" });
  else if (PREFORMATTED.has(tag)) addBlock(walk, place, readPreformatted(walk, element, look));
  else if (tag === "blockquote" || tag === "table" || LISTS.has(tag)) readContainer(walk, element, place);
  else walk.children(element, place);
}

const markOf = (tag: MarkTag | undefined): Mark | undefined => (tag === undefined ? undefined : { tag });

/** Formatting counts once, and a link in a link is none. */
function withMark<Look>(place: Place<Look>, mark: Mark | undefined): Place<Look> {
  if (mark === undefined || place.marks.some(({ tag }) => tag === mark.tag)) return place;
  return { ...place, marks: [...place.marks, mark] };
}

function readParagraph<Look>(walk: Walk<Look>, element: Element, place: Place<Look>, tag: ParagraphTag): void {
  place.flow.end(place.tag);
  // A heading stays one, whatever its words are wrapped in.
  const inside = tag === "div" && /^h/.test(place.tag ?? "") ? place.tag : tag;
  walk.children(element, { ...place, tag: inside });
  place.flow.end(inside);
}

function readContainer<Look>(walk: Walk<Look>, element: Element, place: Place<Look>): void {
  if (place.depth >= DEEPEST) {
    readParagraph(walk, element, place, "div");
    return;
  }
  const { flow } = place;
  const inside = { ...place, tag: undefined, depth: place.depth + 1 };
  flow.end(place.tag);
  if (element.tag === "table") {
    const table = readTable(walk, element, inside);
    flow.end(undefined);
    if (table === undefined) return;
    for (const block of walk.reading.keeps(table) ? [table] : takeApart(table)) flow.add(block);
  } else if (element.tag === "blockquote") {
    const quote = new Flow();
    walk.children(element, { ...inside, flow: quote });
    const blocks = quote.close();
    if (blocks.length > 0) flow.add({ is: "quote", blocks });
  } else {
    const items = readItems(walk, element, inside);
    if (items.length > 0) flow.add({ is: "list", start: element.tag === "ol" ? readStart(element) : undefined, items });
  }
}

function addBlock<Look>({ reading }: Walk<Look>, { flow, look, tag }: Place<Look>, block: Block | undefined): void {
  flow.end(tag);
  if (block !== undefined && reading.shows(look)) flow.add(block);
}

function readPreformatted<Look>(walk: Walk<Look>, element: Element, look: Look): Block | undefined {
  const text = cleanCharacters(preformattedText(walk, element, look).replace(/\r\n?/g, "\n"));
  // Browsers take the first line end for the writer's, not the reader's.
  const trimmed = text.replace(/^\n+/, "").trimEnd();
  return isBlank(trimmed) ? undefined : { is: "pre", text: trimmed };
}

function preformattedText<Look>(walk: Walk<Look>, element: Element, outside: Look): string {
  const { reading } = walk;
  let text = "";
  for (const child of element.children) {
    if (typeof child === "string") {
      if (reading.shows(outside)) text += child;
      continue;
    }
    const entered = reading.enter(child, outside, false);
    if (entered === undefined || DROPPED.has(child.tag)) continue;
    if (child.tag === "br") text += "\n";
    else text += entered.words ?? preformattedText(walk, child, entered.look);
    if (Object.hasOwn(PARAGRAPHS, child.tag)) text += "\n";
  }
  return text;
}
