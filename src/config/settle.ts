import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { isRecord } from "../domain/is-record.ts";
import type { Finding, Path } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { resolveSecret, type SecretSources } from "./secrets.ts";
import { alternatives, isClosed, isFile, isSecret, type Shape, shapesUnder } from "./shape.ts";

/** Values as a schema expects them, and what the schema itself cannot say about them. */
export interface Settled {
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/**
 * Prepares a part of the file for its schema: puts secrets in the place of `{ env }` and `{ file }`, takes empty values
 * for absent ones, makes paths of files absolute, and takes out unknown keys after noting them.
 */
export function settle(value: unknown, root: Shape, path: Path, sources: SecretSources): Settled {
  const findings: Finding[] = [];
  return { value: visit(value, [root], path), findings };

  function visit(node: unknown, shapes: readonly Shape[], at: Path): unknown {
    if (node === null) return shapes.some(allowsNull) ? null : undefined;
    if (shapes.some((shape) => isSecret(shape, root))) return secretAt(node, shapes, at);
    if (typeof node === "string" && shapes.some((shape) => isFile(shape, root))) return fileAt(node, at);
    if (Array.isArray(node))
      return node.map((item: unknown, index) => visit(item, under(shapes, index), [...at, index]));
    if (!isRecord(node)) return node;
    const known = knownKeys(shapes);
    const entries: [string, unknown][] = [];
    for (const [key, child] of Object.entries(node)) {
      if (known?.has(key) === false) findings.push(sayUnknown(key, known, at));
      else entries.push([key, visit(child, under(shapes, key), [...at, key])]);
    }
    return Object.fromEntries(entries.filter(([, child]) => child !== undefined));
  }

  function secretAt(node: unknown, shapes: readonly Shape[], at: Path): unknown {
    const isMapToo = isRecord(node) && shapes.some((shape) => alternatives(shape, root).some((one) => one.properties));
    if (isMapToo && !("env" in node) && !("file" in node)) {
      return Object.fromEntries(
        Object.entries(node).map(([key, child]) => [key, visit(child, under(shapes, key), [...at, key])]),
      );
    }
    const secret = resolveSecret(node, at, sources);
    if ("text" in secret) return secret.text;
    findings.push(secret.finding);
    return undefined;
  }

  function fileAt(name: string, at: Path): string {
    const path = resolve(sources.folder, name);
    try {
      accessSync(path, constants.R_OK);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      const found = `the file ${name}, which cannot be read (${code})`;
      findings.push({
        path: at,
        found,
        allowed: "a file that guichet may read, relative to the configuration's folder",
      });
    }
    return path;
  }

  function under(shapes: readonly Shape[], key: string | number): Shape[] {
    return shapes.flatMap((shape) => shapesUnder(shape, key, root));
  }

  /** All keys that any alternative knows; undefined where any key may stand. */
  function knownKeys(shapes: readonly Shape[]): ReadonlySet<string> | undefined {
    const maps = shapes.flatMap((shape) => alternatives(shape, root)).filter((one) => one.type === "object");
    if (maps.length === 0 || !maps.every(isClosed)) return undefined;
    return new Set(maps.flatMap((one) => Object.keys(one.properties ?? {})));
  }

  function allowsNull(shape: Shape): boolean {
    return alternatives(shape, root).some(
      (one) => one.type === "null" || (Array.isArray(one.type) && one.type.includes("null")),
    );
  }
}

function sayUnknown(key: string, known: ReadonlySet<string>, at: Path): Finding {
  const meant = nearest(key, known);
  const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
  return {
    path: [...at, key],
    at: "key",
    found: "an unknown key",
    allowed: `${[...known].join(", ") || "no key"}${hint}`,
  };
}
