import { Command } from "commander";
import type { Config } from "../config/config.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { compareAll } from "../reconcile/compare-all.ts";
import type { Finding } from "../reconcile/finding.ts";
import type { Database } from "../store/database.ts";
import { configOption } from "./config-option.ts";
import { print } from "./print.ts";
import { withDatabase } from "./with-database.ts";

interface Options {
  readonly config: string;
  readonly from: string;
  readonly to?: string;
  readonly channel?: string;
  readonly fix?: true;
  readonly json?: true;
}

/** Compares mailboxes, store and rooms. Works beside a running guichet. */
export function reconcileCommand(): Command {
  return new Command("reconcile")
    .description("compare what mailboxes, the store and rooms have of a period; exit code 1 when something is missing")
    .requiredOption("--from <date>", "begin of the period, such as 2026-11-25 or 2026-11-25T08:00:00Z")
    .option("--to <date>", "its end; left out: a minute ago")
    .option("--channel <name>", "count this channel alone")
    .option("--fix", "repair what can be repaired")
    .option("--json", "a line of JSON for each finding")
    .addOption(configOption())
    .action((options: Options) =>
      withDatabase(options, async (database, config) => {
        const found = await run(database, config, options);
        if (found.open > 0)
          throw new GuichetError(
            "RECONCILE_OPEN",
            `${found.all} differences, ${found.open} not repaired: docs/backup.md says what each means.`,
          );
        if (!options.json) print(`${found.all} differences, all repaired.`.replace(/^0 .*/, "Nothing is missing."));
      }),
    );
}

/** What is on its way at this moment is not missing, in milliseconds. */
const UNDER_WAY_MS = 60_000;

async function run(database: Database, config: Config, options: Options): Promise<{ all: number; open: number }> {
  const period = {
    from: readDate(options.from),
    to: options.to === undefined ? new Date(Date.now() - UNDER_WAY_MS) : readDate(options.to),
  };
  const asked = { period, channel: options.channel, isFixing: options.fix === true, roomsOnly: false };
  return compareAll(database, config, asked, {
    found: (finding) => print(options.json ? JSON.stringify(finding) : sayFinding(finding)),
    uncounted: (channel) => {
      if (!options.json) print(`${channel} cannot be counted: its remote keeps nothing that could be compared.`);
    },
  });
}

function readDate(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new GuichetError("RECONCILE_DATE", `${JSON.stringify(text)} is no date such as 2026-11-25T08:00:00Z.`);
}

export const sayFinding = ({ code, isRepaired, at, ...where }: Finding) =>
  [code, isRepaired ? "repaired" : "open", at?.toISOString() ?? "", ...Object.values(where).filter(Boolean)].join("\t");
