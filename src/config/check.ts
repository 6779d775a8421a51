import type { z } from "zod";
import type { Finding, Path } from "./fault.ts";
import type { SecretSources } from "./secrets.ts";
import { settle } from "./settle.ts";
import { alternatives, holdsSecret, type Shape, shapeOf, shapesAt } from "./shape.ts";
import { sayAllowed, sayFound, sayKind } from "./words.ts";

export type Checked<Data> =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Given to zod as its default words: an issue that has others carries words that the schema's author wrote. */
const NO_WORDS = "-";

/**
 * Checks a part of the file against its schema.
 * @param path where that part stands in the file.
 * @returns the schema's output, or every finding at once.
 */
export async function check<Data>(
  schema: z.ZodType<Data>,
  raw: unknown,
  path: Path,
  sources: SecretSources,
): Promise<Checked<Data>> {
  const root = shapeOf(schema);
  const settled = settle(raw, root, path, sources);
  const result = await schema.safeParseAsync(settled.value ?? {}, { error: () => NO_WORDS });
  const issues = result.success ? [] : result.error.issues.flatMap((issue) => unfold(issue));
  const findings = [...settled.findings];
  for (const issue of issues) {
    const finding = describe(issue, { root, raw: settled.value, path });
    // What was taken out on the way here (a secret that cannot be read, an unknown key) is told already.
    const told = findings.some(
      (other) => startsWith(other.path, finding.path) && other.path.length >= finding.path.length,
    );
    if (!told || finding.path.length === path.length) findings.push(finding);
  }
  return result.success && findings.length === 0 ? { ok: true, data: result.data } : { ok: false, findings };
}

interface Place {
  readonly root: Shape;
  readonly raw: unknown;
  readonly path: Path;
}

function describe(issue: z.core.$ZodIssue, { root, raw, path }: Place): Finding {
  const inner = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  const full = [...path, ...inner];
  if (issue.code === "invalid_key") {
    const words = issue.issues.map((each) => each.message).find((each) => each !== NO_WORDS);
    return { path: full, at: "key", found: JSON.stringify(inner.at(-1) ?? ""), allowed: words ?? "another name" };
  }
  const value = valueAt(raw, inner);
  const shapes = shapesAt(root, inner);
  const hidden = shapes.some((shape) => holdsSecret(shape, root)) || insideSecret(root, inner);
  const words = issue.message === NO_WORDS ? undefined : issue.message;
  return {
    path: full,
    found: hidden ? sayKind(value) : sayFound(value),
    allowed: words ?? sayAllowed(shapes.flatMap((shape) => (shape.allowed ? [shape] : alternatives(shape, root)))),
  };
}

/** A union's own issue says little: when one branch fits the kind of value, its issues are the ones meant. */
function unfold(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[] = []): z.core.$ZodIssue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union") {
    const fitting = issue.errors.filter((branch) => branch.length > 0 && branch.every((each) => each.path.length > 0));
    if (fitting.length === 1) return (fitting[0] ?? []).flatMap((each) => unfold(each, path));
  }
  return [{ ...issue, path }];
}

function insideSecret(root: Shape, path: Path): boolean {
  return path.some((_, depth) =>
    shapesAt(root, path.slice(0, depth)).some((shape) => alternatives(shape, root).some((one) => one.secret === true)),
  );
}

function valueAt(value: unknown, path: Path): unknown {
  let node: unknown = value;
  for (const key of path) {
    if (typeof node !== "object" || node === null) return undefined;
    node = Reflect.get(node, key);
  }
  return node;
}

const startsWith = (path: Path, start: Path) => start.every((key, index) => path[index] === key);
