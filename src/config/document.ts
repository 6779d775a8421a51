import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLError,
} from "yaml";
import type { Fault, Finding } from "./fault.ts";
import { printPath } from "./fault.ts";

/** A YAML file that remembers where each value stands. */
export interface ConfigDocument {
  readonly value: unknown;
  /** What is wrong with the YAML itself. */
  readonly faults: readonly Fault[];
  /** True when `value` holds all that the file says: repeated keys are the only faults. */
  readonly readable: boolean;
  place(finding: Finding): Fault;
}

export function readDocument(text: string, file: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (finding: Finding): Fault => {
    const { line, col } = lines.linePos(findOffset(document, finding));
    return {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: printPath(finding.path),
      found: finding.found,
      allowed: finding.allowed,
    };
  };
  const faults = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path: "", ...sayYaml(error) };
  });
  const fatal = [...document.errors, ...document.warnings].some((error) => error.code !== "DUPLICATE_KEY");
  if (fatal) return { value: undefined, faults, readable: false, place };
  try {
    return { value: document.toJS(), faults, readable: true, place };
  } catch {
    // toJS throws for an alias without its anchor and for aliases that unfold without end; its text would quote the file.
    const found = place({
      path: [],
      found: "an alias (*name) that cannot be resolved",
      allowed: "aliases of anchors (&name) that stand before them",
    });
    return { value: undefined, faults: [...faults, found], readable: false, place };
  }
}

/** The library's own sentences may quote the file, so only those about punctuation are passed on. */
function sayYaml(error: YAMLError): { found: string; allowed: string } {
  if (error.code === "DUPLICATE_KEY")
    return { found: "a key that stands in this map already", allowed: "each key once" };
  if (error.code === "TAB_AS_INDENT") return { found: "a tab", allowed: "spaces for indentation" };
  if (error.code === "BAD_INDENT")
    return {
      found: "a line with the wrong indentation, or a bracket left open before it",
      allowed: "keys of one map under each other",
    };
  if (error.code === "MULTIPLE_DOCS") return { found: "a second document", allowed: "one YAML document" };
  if (error.code === "TAG_RESOLVE_FAILED")
    return { found: "a tag (!name)", allowed: "values without tags; quote a text that begins with !" };
  return { found: `a fault in the YAML (${error.code})`, allowed: "YAML 1.2" };
}

/** Where to point: at the value; at the key for a value in several lines, for an empty one or for a wrong key; at the parent's key when both are missing. */
function findOffset(document: Document.Parsed, finding: Finding): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? start(node) : 0;
  for (const [depth, key] of finding.path.entries()) {
    const child = step(resolve(node, document), key);
    if (child === undefined) return offset;
    const isTarget = depth === finding.path.length - 1 && finding.at !== "key";
    offset = isTarget && child.value !== undefined && !isBlock(child.value) ? start(child.value) : child.key;
    node = child.value;
  }
  return offset;
}

/** One step down: where the key stands and what it holds; a value that is left empty counts as none. */
function step(node: unknown, key: string | number): { key: number; value: Node | undefined } | undefined {
  if (isSeq(node) && typeof key === "number") {
    const item = node.items[key];
    return isNode(item) ? { key: start(item), value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.findLast((each) => keyText(each) === String(key));
  if (pair === undefined || !isNode(pair.key)) return undefined;
  const value = isNode(pair.value) && !(isScalar(pair.value) && pair.value.value === null) ? pair.value : undefined;
  return { key: start(pair.key), value };
}

const isBlock = (node: Node) => isCollection(node) && node.flow !== true;
const keyText = (pair: Pair) => (isScalar(pair.key) ? String(pair.key.value) : undefined);
const resolve = (node: unknown, document: Document) => (isAlias(node) ? node.resolve(document) : node);
const start = (node: Node) => node.range?.[0] ?? 0;
