import { Parser } from "htmlparser2";

export interface Element {
  /** In lower case; "" is the whole. */
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Undefined for the whole. */
  readonly parent: Element | undefined;
  /** No two strings side by side. */
  readonly children: (Element | string)[];
}

/** In characters. */
const LONGEST = 1_000_000;
/** Open elements at once. The parser looks through them at each tag, and browsers give up at 512. */
const DEEPEST = 256;
/** The largest newsletters have some five thousand. */
const MOST = 50_000;

/** Cuts HTML into elements, as forgiving as browsers. @returns undefined when it is larger or deeper than letters are. */
export function parseHtml(html: string): Element | undefined {
  if (html.length > LONGEST) return undefined;
  const root: Element = { tag: "", attributes: {}, parent: undefined, children: [] };
  const open = [root];
  let count = 0;
  const parser = new Parser({
    onopentag(tag, attributes) {
      const parent = open.at(-1);
      const element: Element = { tag, attributes, parent, children: [] };
      parent?.children.push(element);
      count += 1;
      if (open.push(element) > DEEPEST || count > MOST) throw new NoLetterError();
    },
    ontext(text) {
      const siblings = open.at(-1)?.children ?? [];
      const last = siblings.at(-1);
      if (typeof last === "string") siblings[siblings.length - 1] = last + text;
      else siblings.push(text);
    },
    onclosetag: () => open.pop(),
  });
  try {
    parser.end(html);
    return root;
  } catch (error) {
    if (error instanceof NoLetterError) return undefined;
    throw error;
  }
}

class NoLetterError extends Error {}
