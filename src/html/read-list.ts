import { isBlank } from "./characters.ts";
import { Flow } from "./flow.ts";
import type { Element } from "./parse-html.ts";
import { type Item, type Place, type Walk, walkInside, walkOne } from "./walk.ts";

/** What stands in a list outside its items belongs to the item before it: many programs write nested lists so. */
export function readItems<Look>(walk: Walk<Look>, list: Element, place: Place<Look>): Item[] {
  const flows: Flow[] = [];
  for (const child of list.children) {
    if (typeof child === "string" && isBlank(child)) continue;
    const isItem = typeof child !== "string" && child.tag === "li";
    const last = isItem ? undefined : flows.at(-1);
    const flow = last ?? new Flow();
    if (last === undefined) flows.push(flow);
    if (isItem) walkInside(walk, child, { ...place, flow });
    else walkOne(walk, list, child, { ...place, flow });
  }
  return flows.map((flow) => flow.closeItem()).filter((item) => item.length > 0);
}

/** Number of the first item, when it is one that lists are known to begin with. */
export function readStart({ attributes }: Element): number {
  const start = Number(attributes.start ?? 1);
  return Number.isInteger(start) && start >= 0 && start < 1_000_000 ? start : 1;
}
