import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";
import { openDatabase } from "./database.ts";
import { embeddedUrl } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { openStore, type Store } from "./open-store.ts";

/**
 * Opens the store beside a guichet that may be running: its embedded PostgreSQL is used when there is one, else it is
 * started for as long as the store is open. For the operator's commands.
 */
export async function attachStore(
  options: { url?: string; port?: number; dataFolder: string },
  log: Logger,
): Promise<Store> {
  try {
    return await openStore(options, log);
  } catch (error) {
    const isRunning = error instanceof GuichetError && error.code === "EMBEDDED_FOLDER_IN_USE";
    const url = isRunning ? findRunning(join(options.dataFolder, "postgres")) : undefined;
    if (url === undefined) throw error;
    const database = await openDatabase({ url }, log);
    await migrate(database.durable);
    return { database, close: () => database.close() };
  }
}

/** PostgreSQL writes its port into the fourth line of postmaster.pid. */
function findRunning(folder: string): string | undefined {
  const file = join(folder, "cluster", "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const port = Number(readFileSync(file, "utf8").split("\n")[3]);
  const password = readFileSync(join(folder, "password"), "utf8");
  return port > 0 ? embeddedUrl(password, port, realpathSync(dirname(file))) : undefined;
}
