import { z } from "zod";
import { isRecord } from "../domain/is-record.ts";

/**
 * JSON Schema of what an operator may write, with what guichet adds by `meta`:
 * `secret`, `file` (path of a file that must be readable), `listens` (a port this process listens on), `unique` (among
 * channels of one bridge), `example`, `allowed` (words), `shown` (whether the sample sets what
 * may be left out).
 */
export type Shape = z.core.JSONSchema.JSONSchema;

/** The whole of a schema; parts of it are found with `shapeAt`. */
export function shapeOf(schema: z.ZodType): Shape {
  const metadata = new Remarks();
  return z.toJSONSchema(schema, { metadata, io: "input", unrepresentable: "any", cycles: "ref", reused: "inline" });
}

/**
 * What `meta` and `describe` added. The copies of zod in one process share a registry since 4.2; for a bridge's own copy
 * that is older, each schema is asked itself.
 */
class Remarks extends z.core.$ZodRegistry<z.core.GlobalMeta> {
  override get(schema: z.core.$ZodType) {
    const known = z.globalRegistry.get(schema);
    if (known !== undefined || !("meta" in schema) || typeof schema.meta !== "function") return known;
    const own: unknown = schema.meta();
    return isRecord(own) ? own : undefined;
  }
}

/** What may stand under a key: the shapes of it in all alternatives. Empty when the key is unknown. */
export function shapesUnder(shape: Shape, key: string | number, root: Shape): Shape[] {
  return alternatives(shape, root).flatMap((one) => {
    const child = typeof key === "number" ? itemOf(one, key) : (one.properties?.[key] ?? one.additionalProperties);
    return typeof child === "object" ? [child] : [];
  });
}

/** The shapes that a value at the path may have. */
export function shapesAt(root: Shape, path: readonly (string | number)[]): Shape[] {
  let shapes: Shape[] = [root];
  for (const key of path) shapes = shapes.flatMap((shape) => shapesUnder(shape, key, root));
  return shapes;
}

/** The shape itself, or the branches of a union, with references followed. */
export function alternatives(shape: Shape, root: Shape): Shape[] {
  const target = follow(shape, root);
  const branches = target.anyOf ?? target.oneOf ?? target.allOf;
  return branches === undefined
    ? [target]
    : branches.flatMap((branch) => alternatives({ ...inherited(target), ...branch }, root));
}

export const isSecret = (shape: Shape, root: Shape) => alternatives(shape, root).some((one) => one.secret === true);

/** The path of a file that must be readable. */
export const isFile = (shape: Shape, root: Shape) => alternatives(shape, root).some((one) => one.file === true);

/** True when a secret may stand somewhere inside: then nothing found there is shown. */
export function holdsSecret(shape: Shape, root: Shape, seen: ReadonlySet<Shape> = new Set()): boolean {
  if (seen.has(shape)) return false;
  const deeper = new Set([...seen, shape]);
  return alternatives(shape, root).some(
    (one) =>
      one.secret === true ||
      childrenOf(one).some((child) => typeof child === "object" && holdsSecret(follow(child, root), root, deeper)),
  );
}

/** A map whose keys are all known: any other key is a fault, also when the bridge's schema would drop it in silence. */
export const isClosed = (shape: Shape) =>
  shape.properties !== undefined && typeof shape.additionalProperties !== "object";

function childrenOf(shape: Shape) {
  const items = Array.isArray(shape.items) ? shape.items : [shape.items];
  return [...Object.values(shape.properties ?? {}), shape.additionalProperties, ...items, ...(shape.prefixItems ?? [])];
}

function itemOf(shape: Shape, index: number) {
  return shape.prefixItems?.[index] ?? (Array.isArray(shape.items) ? shape.items[index] : shape.items);
}

/** zod names a shared schema `#/$defs/x` and the whole `#`. */
function follow(shape: Shape, root: Shape): Shape {
  if (shape.$ref === undefined) return shape;
  if (shape.$ref === "#") return root;
  return root.$defs?.[shape.$ref.replace("#/$defs/", "")] ?? {};
}

/** A union's own remarks hold for each of its branches. */
function inherited(shape: Shape): Shape {
  return Object.fromEntries(
    ["secret", "file", "listens", "unique"].filter((key) => key in shape).map((key) => [key, shape[key]]),
  );
}
