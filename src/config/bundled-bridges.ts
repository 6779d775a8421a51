import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BRIDGES = new URL("../../bridges/", import.meta.url);
const WORD = /^[a-z][a-z0-9-]*$/;

/** Names of the bridges that come with guichet. */
export function listBundledBridges(): string[] {
  if (!existsSync(BRIDGES)) return [];
  return readdirSync(fileURLToPath(BRIDGES))
    .filter((name) => entryOfBundled(name) !== undefined)
    .sort();
}

/** The module of a bridge that comes with guichet: TypeScript when guichet runs from its source, JavaScript when it was built. */
export function entryOfBundled(name: string): URL | undefined {
  if (!WORD.test(name)) return undefined;
  const candidates = [new URL(`${name}/index.ts`, BRIDGES), new URL(`${name}/index.js`, BRIDGES)];
  return candidates.find((candidate) => existsSync(candidate));
}
