import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isRecord } from "../domain/is-record.ts";

/** Where a bridge's module is, or a clause that says what was looked for where. */
export type Place =
  | { readonly entry: URL; readonly lack?: undefined }
  | { readonly entry?: undefined; readonly lack: string };

/** guichet's own package: a bridge may be installed beside it. */
const OWN_FOLDER = fileURLToPath(new URL("../../", import.meta.url));
/** Those of Node for `import` (Modules: Packages, conditional exports). */
const CONDITIONS = new Set(["node", "node-addons", "import", "module-sync", "default"]);
const UNNAMED = ["index.js", "index.ts"];

/** A module, or a folder with a package or an index in it. */
export function locatePath(use: string, folder: string): Place {
  const path = resolve(folder, use);
  if (!existsSync(path)) return { lack: `there is no file ${path}` };
  return statSync(path).isDirectory() ? entryOf(path) : { entry: pathToFileURL(realpathSync(path)) };
}

/** A package that Node would find from the configuration's folder, or else from guichet's own. */
export function locatePackage(name: string, folder: string): Place {
  for (const start of [folder, OWN_FOLDER]) {
    const manifest = findManifest(name, start);
    if (manifest !== undefined) return entryOf(dirname(manifest));
  }
  return {
    lack: `there is no package of that name in ${join(folder, "node_modules")} or above it, nor in guichet's own node_modules`,
  };
}

function findManifest(name: string, start: string): string | undefined {
  try {
    return findPackageJSON(name, join(start, "guichet.yaml"));
  } catch {
    return undefined;
  }
}

function entryOf(folder: string): Place {
  const named = readEntry(join(folder, "package.json"));
  const candidates = named === undefined ? UNNAMED : [named];
  const path = candidates.map((candidate) => join(folder, candidate)).find((candidate) => existsSync(candidate));
  if (path !== undefined) return { entry: pathToFileURL(realpathSync(path)) };
  const lack = `the folder ${folder} has no ${candidates.join(" or ")}`;
  return { lack: named === undefined ? lack : `${lack}, its entry: build it there, for instance with npm run build` };
}

/** The file that a package's manifest names as its entry; undefined when it names none. */
function readEntry(manifest: string): string | undefined {
  if (!existsSync(manifest)) return undefined;
  const read = parse(readFileSync(manifest, "utf8"));
  if (!isRecord(read)) return undefined;
  const { exports, main } = read;
  const root = isRecord(exports) && "." in exports ? exports["."] : exports;
  return pick(root) ?? (typeof main === "string" ? main : undefined);
}

function pick(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  const branches = Array.isArray(target)
    ? target
    : Object.entries(isRecord(target) ? target : {}).flatMap(([key, branch]) => (CONDITIONS.has(key) ? [branch] : []));
  for (const branch of branches) {
    const found = pick(branch);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
