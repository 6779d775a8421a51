// Switches one safeguard of guichet off (GUICHET_CHAOS_WITHOUT), as it is loaded.
import { registerHooks } from "node:module";
import { SABOTAGES } from "./sabotages.ts";

const without = process.env.GUICHET_CHAOS_WITHOUT;
if (without !== undefined) {
  const sabotage = SABOTAGES[without];
  if (sabotage === undefined) throw new Error(`there is no safeguard ${without}`);
  const root = new URL("../../", import.meta.url).href;
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const changes = sabotage.changes.filter(({ module }) => url === `${root}${module}`);
      if (changes.length === 0) return loaded;
      let source = typeof loaded.source === "string" ? loaded.source : Buffer.from(asBytes(loaded.source)).toString();
      for (const { module, text, by } of changes) {
        if (!source.includes(text)) throw new Error(`${module} does not hold what ${without} would change`);
        source = source.replace(text, () => by);
      }
      process.stderr.write(`{"msg":"sabotaged","without":"${without}","module":"${url.slice(root.length)}"}\n`);
      return { ...loaded, source };
    },
  });
}

function asBytes(source: unknown): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  throw new Error("a module without source");
}
