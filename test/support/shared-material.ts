import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Path of material that lies beside a developer's checkout and is not ours to publish; undefined where it is absent. */
export function sharedMaterial(path: string): string | undefined {
  const found = fileURLToPath(new URL(`../../../shared/${path}`, import.meta.url));
  return existsSync(found) ? found : undefined;
}
