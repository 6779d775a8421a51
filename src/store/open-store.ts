import { join } from "node:path";
import type { Logger } from "pino";
import { type Database, openDatabase } from "./database.ts";
import { startEmbedded } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { probeDatabase } from "./probe.ts";

export interface Store {
  readonly database: Database;
  close(): Promise<void>;
}

/** Opens the operator's database, or the embedded one, with the newest schema. */
export async function openStore(
  options: { url?: string; port?: number; dataFolder: string; connections?: number },
  log: Logger,
): Promise<Store> {
  const { url, port, connections } = options;
  const more = connections === undefined ? {} : { connections };
  if (url !== undefined) {
    const database = await openMigrated({ url, ...more }, log);
    return { database, close: () => database.close() };
  }
  const folder = join(options.dataFolder, "postgres");
  const embedded = await startEmbedded({ folder, log, ...(port === undefined ? {} : { port }) });
  try {
    const database = await openMigrated({ url: embedded.url, ...more }, log);
    return {
      database,
      async close() {
        try {
          await database.close();
        } finally {
          await embedded.stop();
        }
      },
    };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function openMigrated(
  options: { readonly url: string; readonly connections?: number },
  log: Logger,
): Promise<Database> {
  const migrating = await openDatabase({ url: options.url, connections: 2, answerMs: 0 }, log);
  try {
    await probeDatabase(migrating.relaxed, options.url);
    await migrate(migrating.durable);
  } finally {
    await migrating.close();
  }
  return openDatabase(options, log);
}
