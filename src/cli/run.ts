import { Command } from "commander";
import type { Logger } from "pino";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { checkRoles, ROLES, readRoles } from "../roles/roles.ts";
import { configOption } from "./config-option.ts";
import { openLog } from "./open-log.ts";
import { stopOnSignals } from "./signals.ts";

/** Time for what still holds the process after a clean stop, in milliseconds. */
const LINGER_MS = 5000;

export function runCommand(): Command {
  return new Command("run")
    .description(
      "run guichet until SIGINT or SIGTERM; a second signal ends it at once, SIGHUP has the channels read again",
    )
    .addOption(configOption())
    .option("--roles <roles>", `what this process does, separated by commas: ${ROLES.join(", ")} (default: all of it)`)
    .action(async (options: { config: string; roles?: string }) => {
      const roles = readRoles(options.roles);
      const config = await loadConfig(options.config);
      const log = openLog(config.log.level);
      checkRoles(roles, config);
      const signal = stopOnSignals(log);
      // Loaded last: the offline commands need none of it.
      const { runApp } = await import("../app.ts");
      const onReady = (reread: (next: Config) => Promise<void>) => {
        process.on("SIGHUP", () => void readAgain(options.config, log, reread));
      };
      // Until then it is kept from ending the process.
      process.on("SIGHUP", () => undefined);
      await runApp({ config, log, signal, roles, onReady });
      log.info("stopped");
      setTimeout(() => {
        log.warn("something still held the process after the stop; it ends now");
        process.exit();
      }, LINGER_MS).unref();
    });
}

/** A file with faults changes nothing. */
async function readAgain(path: string, log: Logger, reread: (next: Config) => Promise<void>): Promise<void> {
  try {
    await reread(await loadConfig(path));
  } catch (error) {
    log.error({ err: error }, "the file was not taken over: all goes on as before");
  }
}
