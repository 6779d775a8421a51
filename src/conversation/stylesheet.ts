import type { Element } from "../html/parse-html.ts";
import { type Declarations, NO_STYLE, overlay, plain, readDeclarations } from "./css.ts";

/** The rules of a letter's own style elements, as far as they speak of single elements. */
export interface Stylesheet {
  declarationsFor(element: Element): Declarations;
  /** A ground may be coloured by a rule that was not understood: then colours prove nothing. */
  readonly isSure: boolean;
}

/** `tag.class#id` */
interface Simple {
  readonly tag: string | undefined;
  readonly names: readonly string[];
}

interface Rule extends Simple {
  /** What has to stand around the element, nearest first. */
  readonly around: readonly Simple[];
  readonly selector: string;
  declarations: Declarations;
}

/** In characters. */
const LONGEST = 200_000;
/** Rules with the same last name: each is tried on each element that has it. */
const MOST_ALIKE = 20;
/** Kinds of elements whose rules are remembered. */
const MOST_KINDS = 1_000;
/** Steps outwards in one letter, to find what stands around; rules that need more are not applied. */
const MOST_STEPS = 500_000;

export function readStylesheet(root: Element): Stylesheet {
  const css = plain(styleText(root).slice(0, LONGEST)).replace(/<!--|-->/g, "");
  const byKey = new Map<string, Rule[]>();
  let isSure = true;
  for (const { selectors, body } of cutRules(css)) {
    const declarations = readDeclarations(body);
    if (Object.keys(declarations).length === 0) continue;
    for (const selector of selectors.split(",")) {
      // How a link looks under the mouse is not how it looks.
      if (selector.includes(":") || addRule(byKey, selector.trim(), declarations)) continue;
      if (Object.keys(declarations).some((name) => name.startsWith("background"))) isSure = false;
    }
  }
  const known = new Map<string, readonly Rule[]>();
  let steps = 0;
  const standsIn = (element: Element, around: readonly Simple[]): boolean => {
    let found = 0;
    for (let outer = element.parent; outer !== undefined && found < around.length; outer = outer.parent) {
      if (++steps > MOST_STEPS) return false;
      const wanted = around[found];
      if (wanted !== undefined && fits(outer, wanted, namesOf(outer))) found += 1;
    }
    return found === around.length;
  };
  return {
    isSure,
    declarationsFor(element) {
      if (byKey.size === 0) return NO_STYLE;
      const kind = [element.tag, element.attributes.class, element.attributes.id].join(" ");
      const rules = known.get(kind) ?? candidates(byKey, element);
      if (known.size < MOST_KINDS) known.set(kind, rules);
      return rules
        .filter(({ around }) => around.length === 0 || standsIn(element, around))
        .reduce<Declarations>((found, rule) => overlay(found, rule.declarations), NO_STYLE);
    },
  };
}

function addRule(byKey: Map<string, Rule[]>, selector: string, declarations: Declarations): boolean {
  const [last, ...around] = selector
    .split(/[\s>]+/)
    .reverse()
    .map(readSimple);
  if (last === undefined || around.length > 4 || around.includes(undefined)) return false;
  const key = last.names.at(-1) ?? last.tag ?? "*";
  const alike = byKey.get(key) ?? [];
  const same = alike.find((rule) => rule.selector === selector);
  if (same !== undefined) same.declarations = overlay(same.declarations, declarations);
  else if (alike.length === MOST_ALIKE) return false;
  else alike.push({ ...last, around: around.filter((each) => each !== undefined), selector, declarations });
  byKey.set(key, alike);
  return true;
}

function candidates(byKey: ReadonlyMap<string, readonly Rule[]>, element: Element): readonly Rule[] {
  const names = namesOf(element);
  return ["*", element.tag, ...names]
    .flatMap((key) => byKey.get(key) ?? [])
    .filter((rule) => fits(element, rule, names));
}

const fits = (element: Element, wanted: Simple, names: readonly string[]) =>
  (wanted.tag ?? element.tag) === element.tag && wanted.names.every((name) => names.includes(name));

/** Class attributes beyond this are an attack. */
const MOST_NAMES = 20;

function namesOf({ attributes }: Element): string[] {
  const classes = (attributes.class ?? "").slice(0, 500).toLowerCase().split(/\s+/).slice(0, MOST_NAMES);
  const names = classes.filter((name) => name !== "").map((name) => `.${name}`);
  return attributes.id === undefined ? names : [...names, `#${attributes.id.toLowerCase()}`];
}

function styleText(element: Element): string {
  let text = "";
  for (const child of element.children) {
    if (typeof child === "string") continue;
    if (child.tag === "style") text += `${child.children.filter((each) => typeof each === "string").join("")}\n`;
    else text += styleText(child);
  }
  return text;
}

function readSimple(selector: string): Simple | undefined {
  const [, tag, names] = /^([a-z][a-z0-9]*|\*)?((?:[.#][\w-]{1,100}){0,8})$/.exec(selector) ?? [];
  if (names === undefined || (tag === undefined && names === "")) return undefined;
  return { tag: tag === "*" ? undefined : tag, names: names.match(/[.#][\w-]+/g) ?? [] };
}

/** Rules for every screen: what a wide or a dark one gets is not how the letter looks by itself. */
function* cutRules(css: string): Generator<{ selectors: string; body: string }> {
  let at = 0;
  while (at < css.length) {
    const open = css.indexOf("{", at);
    if (open < 0) return;
    const head = css.slice(at, open).split(/[;}]/).at(-1)?.trim() ?? "";
    if (head.startsWith("@")) {
      at = /^@media\s+(?:all|screen|only screen)$/.test(head) ? open + 1 : endOfBlock(css, open);
      continue;
    }
    const close = css.indexOf("}", open);
    yield { selectors: head, body: css.slice(open + 1, close < 0 ? css.length : close) };
    if (close < 0) return;
    at = close + 1;
  }
}

function endOfBlock(css: string, open: number): number {
  let depth = 0;
  const braces = /[{}]/g;
  braces.lastIndex = open;
  for (let brace = braces.exec(css); brace; brace = braces.exec(css)) {
    depth += brace[0] === "{" ? 1 : -1;
    if (depth === 0) return brace.index + 1;
  }
  return css.length;
}
