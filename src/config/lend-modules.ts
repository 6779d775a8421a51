import { registerHooks } from "node:module";
import { extname } from "node:path";

const ADAPTER = new URL(`../adapter/index${extname(import.meta.url)}`, import.meta.url).href;
let areLent = false;

/**
 * From here on, `guichet/adapter` is this guichet's for every module, wherever it stands: a bridge needs no guichet in a
 * node_modules of its own. The same goes for zod, where a bridge has none.
 */
export function lendModules(): void {
  if (areLent) return;
  areLent = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === "guichet/adapter") return { url: ADAPTER, shortCircuit: true };
      if (specifier !== "zod") return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
}
