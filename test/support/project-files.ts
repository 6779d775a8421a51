import { readdirSync, readFileSync } from "node:fs";
import { extname, join, posix } from "node:path";
import { projectFolder } from "../../demo/setup/paths.js";

export interface ProjectLine {
  /** `src/app.ts:12`, for a gate's list of faults. */
  readonly at: string;
  readonly text: string;
}

const BINARY = new Set([".png", ".jpg", ".gif", ".ico", ".pdf", ".zip", ".gz", ".tgz", ".woff2"]);
/** What .gitignore names, and git's own. Read from the disk: an archive of the project has no git to ask. */
const NOT_OURS = new Set([".git", "node_modules", ".local", "data", "demo-data", "dist"]);

/** The project's text files: paths from its folder. */
export function listProjectFiles(folder = ""): string[] {
  return readdirSync(join(projectFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (NOT_OURS.has(path)) return [];
    if (entry.isDirectory()) return listProjectFiles(path);
    return entry.isFile() && !BINARY.has(extname(path)) ? [path] : [];
  });
}

export function readLines(path: string): string[] {
  return readFileSync(join(projectFolder, path), "utf8").split("\n");
}

/** The lines of `paths` that match. */
export function findLines(paths: readonly string[], pattern: RegExp): ProjectLine[] {
  return paths.flatMap((path) =>
    readLines(path).flatMap((text, index) =>
      pattern.test(text) ? [{ at: `${path}:${index + 1}`, text: text.trim() }] : [],
    ),
  );
}
