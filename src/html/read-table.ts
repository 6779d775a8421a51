import type { Cell, Table } from "./document.ts";
import { Flow } from "./flow.ts";
import type { Element } from "./parse-html.ts";
import { type Place, type Walk, walkInside, walkOne } from "./walk.ts";

/** @returns undefined when nothing is in it. Whatever stands outside its cells goes before it, as browsers have it. */
export function readTable<Look>(walk: Walk<Look>, element: Element, place: Place<Look>): Table | undefined {
  const caption = new Flow();
  const rows: Cell[][] = [];
  readRows(walk, element, place, { caption, rows });
  const table: Table = {
    is: "table",
    caption: caption.closeWords(),
    rows: rows.filter((row) => row.some(({ blocks }) => blocks.length > 0)),
  };
  return table.rows.length === 0 && table.caption.length === 0 ? undefined : table;
}

const SHAPE = /^(?:colgroup|form|t(?:head|body|foot|r))$/;

function readRows<Look>(
  walk: Walk<Look>,
  element: Element,
  place: Place<Look>,
  into: { readonly caption: Flow; readonly rows: Cell[][] },
): void {
  const { caption, rows } = into;
  for (const child of element.children) {
    if (typeof child !== "string" && child.tag === "caption") {
      walkInside(walk, child, { ...place, flow: caption, depth: Number.POSITIVE_INFINITY });
    } else if (typeof child !== "string" && (child.tag === "td" || child.tag === "th")) {
      const cell = new Flow();
      walkInside(walk, child, { ...place, flow: cell });
      if (rows.length === 0) rows.push([]);
      rows.at(-1)?.push({ isHeader: child.tag === "th", blocks: cell.closeItem() });
    } else if (typeof child !== "string" && SHAPE.test(child.tag)) {
      if (child.tag === "tr") rows.push([]);
      const entered = walk.reading.enter(child, place.look, false);
      if (entered !== undefined) readRows(walk, child, { ...place, look: entered.look }, into);
    } else walkOne(walk, element, child, place);
  }
}
