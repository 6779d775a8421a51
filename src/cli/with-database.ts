import { pino } from "pino";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { attachStore } from "../store/attach.ts";
import type { Database } from "../store/database.ts";

/** Does an operator's work on the store of a configuration, beside a guichet that may be running. */
export async function withDatabase(
  options: { readonly config: string },
  work: (database: Database, config: Config) => Promise<void>,
): Promise<void> {
  const config = await loadConfig(options.config);
  const log = pino({ level: "error", base: null }, pino.destination(2));
  const store = await attachStore({ ...config.database, dataFolder: config.dataFolder }, log);
  try {
    await work(store.database, config);
  } finally {
    await store.close();
  }
}
