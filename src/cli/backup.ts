import { createReadStream, createWriteStream, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { Command } from "commander";
import { pino } from "pino";
import { readBackup } from "../backup/read-backup.ts";
import { writeBackup } from "../backup/write-backup.ts";
import { loadConfig } from "../config/load.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { compareAll } from "../reconcile/compare-all.ts";
import type { Finding } from "../reconcile/finding.ts";
import { openStore } from "../store/open-store.ts";
import { configOption } from "./config-option.ts";
import { print } from "./print.ts";
import { sayFinding } from "./reconcile.ts";
import { withDatabase } from "./with-database.ts";

/** Writes the whole store into one file, beside a running guichet. */
export function backupCommand(): Command {
  return new Command("backup")
    .description("write the whole database into a file, while guichet runs; it holds citizens' words and all keys")
    .argument("<file>", "a new file; it ends in .gz by custom")
    .addOption(configOption())
    .action((file: string, options: { config: string }) =>
      withDatabase(options, async ({ relaxed }) => {
        try {
          const lines = Readable.from(withEnds(writeBackup(relaxed)), { objectMode: false });
          await pipeline(lines, createGzip(), createWriteStream(file, { flags: "wx", mode: 0o600, flush: true }));
        } catch (error) {
          // Never one that was there before, and never half a backup.
          if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) rmSync(file, { force: true });
          throw error;
        }
        print(`Wrote ${file}. Keep the registration and the configuration beside it.`);
      }),
    );
}

/** Fills an empty store, and learns from the rooms what happened since. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description(
      "fill an empty database from a backup, and read from the rooms what happened since; guichet must not run",
    )
    .argument("<file>", "what `guichet backup` wrote")
    .addOption(configOption())
    .action(async (file: string, options: { config: string }) => {
      const config = await loadConfig(options.config);
      const log = pino({ level: "error", base: null }, pino.destination(2));
      const store = await openStore({ ...config.database, dataFolder: config.dataFolder }, log);
      try {
        const source = createReadStream(file).pipe(createGunzip());
        const madeAt = await readBackup(store.database.durable, readLines(source));
        print(`Restored what was there at ${madeAt.toISOString()}; now the rooms are read.`);
        const period = {
          from: new Date(madeAt.getTime() - BEFORE_MS),
          to: new Date(Date.now() + BEFORE_MS),
        };
        const asked = { period, isFixing: true, roomsOnly: true };
        const telling = { found: (finding: Finding) => print(sayFinding(finding)), uncounted: () => undefined };
        const { all, open } = await compareAll(store.database, config, asked, telling);
        print(`${all} differences found in the rooms, ${open} of them for you to look at.`);
      } catch (error) {
        if (error instanceof GuichetError || !(error instanceof Error && error.name === "MatrixError")) throw error;
        throw new GuichetError(
          "RESTORE_ROOMS_UNREAD",
          "The database is restored, but the homeserver did not let its rooms be read: before `guichet run`, run `guichet reconcile --fix --from` with the time above, or what came since is posted and sent twice.",
          { cause: error },
        );
      } finally {
        await store.close();
      }
    });
}

/** Clocks differ; milliseconds. */
const BEFORE_MS = 10 * 60_000;

async function* withEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** A file that is cut off or no gzip ends early, and then has no last line. */
async function* readLines(source: Readable): AsyncGenerator<string> {
  try {
    for await (const line of createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })) yield line;
  } catch {
    // Said by what is missing.
  }
}
