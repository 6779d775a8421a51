import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ConfigFolder extends Disposable {
  path(name: string): string;
}

/** A folder of its own with the given files, removed at the end of the block that uses it. */
export function folderWith(files: Readonly<Record<string, string>>): ConfigFolder {
  const folder = mkdtempSync(join(tmpdir(), "guichet-config-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    path: (name) => join(folder, name),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
