import { join } from "node:path";
import type { Logger } from "pino";
import { type Database, openDatabase } from "./database.ts";
import { startEmbedded } from "./embedded.ts";
import { migrate } from "./migrate.ts";

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
  const database = await openDatabase(options, log);
  try {
    await migrate(database.durable);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
