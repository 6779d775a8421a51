import { compile } from "html-to-text";

const convert = compile({
  wordwrap: false,
  limits: { maxDepth: 250 },
  formatters: {
    imageName: (element, _walk, builder) => {
      const name = element.attribs?.alt;
      if (name) builder.addInline(`[${name}]`);
    },
  },
  selectors: [
    // Only images that came with the mail are named (compose-words.ts); others are decoration, or count who reads.
    { selector: 'img[src^="cid:"]', format: "imageName" },
    { selector: "img", format: "skip" },
    { selector: "a", options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    { selector: "table", options: { uppercaseHeaderCells: false } },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** In characters and in open elements: above them the parser's time grows with the square. */
const LONGEST = 1_000_000;
const DEEPEST = 500;

/** Words of an HTML body, for clients that show no HTML. Never throws; hostile nesting gets the plainest treatment. */
export function htmlToText(html: string): string {
  const bounded = html.slice(0, LONGEST);
  if (!isParseable(bounded)) return stripTags(bounded);
  try {
    return convert(bounded);
  } catch {
    return stripTags(bounded);
  }
}

/** Whether the HTML parser takes it in time that is in proportion to its length. */
export const isParseable = (html: string): boolean => html.length <= LONGEST && !nestsDeeper(html, DEEPEST);

const WITHOUT_END =
  /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot)$/;

function nestsDeeper(html: string, limit: number): boolean {
  let depth = 0;
  for (const [, slash, name] of html.matchAll(/<(\/?)([a-z][a-z0-9:-]*)/gi)) {
    if (name === undefined || WITHOUT_END.test(name.toLowerCase())) continue;
    depth = slash === "/" ? Math.max(0, depth - 1) : depth + 1;
    if (depth > limit) return true;
  }
  return false;
}

const stripTags = (html: string) => html.replace(/<[^>]{0,10000}>/g, " ").replace(/\s+/g, " ");
