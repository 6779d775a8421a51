import { type AnyNode, type ChildNode, type Document, type Element, isTag, isText } from "domhandler";
import { type Container, readContainer } from "./containers.ts";
import { type Line, readLine } from "./line.ts";
import { phrases } from "./phrase-list.ts";

/** A line as a reader sees it, and the nodes that make it up. */
export interface HtmlLine {
  readonly line: Line;
  readonly nodes: readonly ChildNode[];
}

/** Elements that begin and end a line. */
const BLOCKS = new Set(
  phrases(`
    address | article | aside | blockquote | body | br | caption | center | dd | details | dir | div | dl | dt | fieldset |
    figure | footer | form | h1 | h2 | h3 | h4 | h5 | h6 | header | hr | html | legend | li | main | menu | nav | ol | p |
    pre | section | summary | table | tbody | tfoot | thead | tr | ul
  `),
);
const UNSEEN = new Set(["head", "style", "script", "title", "template", "noscript", "textarea", "select", "object"]);
/** Elements that show something without holding words. */
export const SEEN_WITHOUT_WORDS: ReadonlySet<string> = new Set(["img", "br", "hr", "input", "video", "audio", "svg"]);

/** Stands for a picture in a line that has no words (OBJECT REPLACEMENT CHARACTER). */
export const PICTURE = "\ufffc";

/** Deeper trees are attacks on whoever walks through them. */
const DEEPEST = 800;

/** Reads a parsed body into lines, in the order of the document; undefined when it nests too deep. */
export function readHtmlLines(document: Document): HtmlLine[] | undefined {
  const lines: HtmlLine[] = [];
  let text = "";
  let nodes: ChildNode[] = [];
  let context: Container = { depth: 0, perhapsQuoted: false };
  let isSeen = false;
  let depth = 0;
  let isTooDeep = false;

  const flush = (isBreak: boolean) => {
    if (text.trim() === "" && !isSeen && !isBreak) return;
    const shown = text.replace(/[^\S\u00a0]+/g, " ").trim();
    // A picture is no empty line, nor is it a word.
    const line = readLine(shown === "" && isSeen ? PICTURE : shown, context.depth, context.perhapsQuoted, context.mark);
    lines.push({ line, nodes });
    text = "";
    nodes = [];
    isSeen = false;
  };

  const visit = (node: AnyNode, around: Container): void => {
    if (isText(node)) {
      if (text === "" && node.data.trim() !== "") context = around;
      text += node.data;
      nodes.push(node);
    } else if (isTag(node)) visitElement(node, around);
    else if ("children" in node) for (const child of node.children) visit(child, around);
  };

  const visitElement = (element: Element, around: Container): void => {
    if (UNSEEN.has(element.name)) return;
    const own = readContainer(element);
    const inside: Container = {
      depth: around.depth + own.depth,
      perhapsQuoted: around.perhapsQuoted || own.perhapsQuoted,
      ...((own.mark ?? around.mark) ? { mark: own.mark ?? around.mark } : {}),
    };
    const isBlock = BLOCKS.has(element.name);
    if (isBlock && element.name !== "br") flush(false);
    if (text === "" && !isSeen) context = inside;
    if (element.name === "td" || element.name === "th") text += " ";
    if (SEEN_WITHOUT_WORDS.has(element.name)) {
      nodes.push(element);
      isSeen ||= element.name === "img";
      if (element.name === "br") flush(true);
      if (element.name === "hr") {
        text = "________";
        flush(true);
      }
      return;
    }
    depth += 1;
    isTooDeep ||= depth > DEEPEST;
    if (!isTooDeep) for (const child of element.children) visit(child, inside);
    depth -= 1;
    if (isBlock) flush(false);
  };

  visit(document, context);
  if (isTooDeep) return undefined;
  flush(false);
  const last = lines.at(-1);
  if (nodes.length > 0 && last) lines[lines.length - 1] = { ...last, nodes: [...last.nodes, ...nodes] };
  return lines;
}
