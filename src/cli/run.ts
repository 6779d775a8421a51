import { Command } from "commander";
import { loadConfig } from "../config/load.ts";
import { configOption } from "./config-option.ts";
import { openLog } from "./open-log.ts";
import { stopOnSignals } from "./signals.ts";

/** Time for what still holds the process after a clean stop, in milliseconds. */
const LINGER_MS = 5000;

export function runCommand(): Command {
  return new Command("run")
    .description("run guichet until SIGINT or SIGTERM; a second signal ends it at once")
    .addOption(configOption())
    .action(async (options: { config: string }) => {
      const config = await loadConfig(options.config);
      const log = openLog(config.log.level);
      const signal = stopOnSignals(log);
      // Loaded last: the offline commands need none of it.
      const { runApp } = await import("../app.ts");
      await runApp({ config, log, signal });
      log.info("stopped");
      setTimeout(() => {
        log.warn("something still held the process after the stop; it ends now");
        process.exit();
      }, LINGER_MS).unref();
    });
}
