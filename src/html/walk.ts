import type { Block, ParagraphTag, Table } from "./document.ts";
import type { Flow, Mark } from "./flow.ts";
import type { Element } from "./parse-html.ts";

/** What a reader makes of the elements whose writers are not to be trusted with them. `Look` is what elements inherit. */
export interface Reading<Look> {
  /** Of the whole. */
  readonly look: Look;
  /** Undefined when nothing of the element is shown. */
  enter(element: Element, outside: Look, inLink: boolean): Entered<Look> | undefined;
  /** Text of this look can be seen. */
  shows(look: Look): boolean;
  /** Undefined when the words stay and the link goes. */
  link(element: Element): Mark | undefined;
  /** The table keeps its shape. */
  keeps(table: Table): boolean;
}

export interface Entered<Look> {
  readonly look: Look;
  /** Stand for the element; undefined when it speaks for itself. */
  readonly words?: string | undefined;
}

/** Where a reader stands. */
export interface Place<Look> {
  readonly flow: Flow;
  readonly look: Look;
  readonly marks: readonly Mark[];
  readonly tag: ParagraphTag | undefined;
  /** Containers around it. */
  readonly depth: number;
}

/** How the readers of single elements go on. */
export interface Walk<Look> {
  readonly reading: Reading<Look>;
  children(element: Element, place: Place<Look>): void;
}

/** Reads what is inside an element, when it is shown. */
export function walkInside<Look>(walk: Walk<Look>, element: Element, outside: Place<Look>): void {
  const entered = walk.reading.enter(element, outside.look, false);
  if (entered !== undefined) walk.children(element, { ...outside, look: entered.look });
}

/** Reads one child of an element as if it were its only one. */
export const walkOne = <Look>(walk: Walk<Look>, element: Element, child: Element | string, place: Place<Look>): void =>
  walk.children({ ...element, children: [child] }, place);

export type Item = readonly Block[];
