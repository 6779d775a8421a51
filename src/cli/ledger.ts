import { Command, Option } from "commander";
import type { Config } from "../config/config.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { agencyId } from "../domain/ids.ts";
import { readPeriod } from "../ledger/read-period.ts";
import { LEDGER_FORMATS, type LedgerFormat, writeLedger } from "../ledger/write-ledger.ts";
import type { Database } from "../store/database.ts";
import { findContradictions, readLedger } from "../store/ledger.ts";
import { configOption } from "./config-option.ts";
import { withDatabase } from "./with-database.ts";

interface ExportOptions {
  readonly config: string;
  readonly from: string;
  readonly to: string;
  readonly agency?: string;
  readonly format: LedgerFormat;
}

/** Every step of every message: to hand it on, and to see that it is true. */
export function ledgerCommand(): Command {
  const command = new Command("ledger").description("every step of every message");
  command
    .command("export")
    .description("write the steps of a period to standard output; they hold no words, but what other servers said")
    .requiredOption("--from <date>", "first day (2026-11-25), or moment (2026-11-25T08:00:00Z)")
    .requiredOption("--to <date>", "last day, or the moment before which it ends")
    .option("--agency <name>", "of one agency only")
    .addOption(
      new Option("--format <format>", "for spreadsheets or for programs").choices(LEDGER_FORMATS).default("csv"),
    )
    .addOption(configOption())
    .action((options: ExportOptions) =>
      withDatabase(options, (database, config) => exportLedger(database, config, options)),
    );
  command
    .command("check")
    .description("compare each message's state with its steps; ends with 1 when they disagree")
    .addOption(configOption())
    .action((options: { config: string }) => withDatabase(options, check));
  return command;
}

async function exportLedger(
  { relaxed }: Database,
  { agencies, channels }: Config,
  { from, to, agency, format }: ExportOptions,
): Promise<void> {
  if (agency !== undefined && !agencies.has(agencyId(agency)))
    throw new GuichetError(
      "AGENCY_NAME",
      `There is no agency ${JSON.stringify(agency)} in the file: ${[...agencies.keys()].join(", ") || "there is none"}.`,
    );
  const byChannel = new Map([...channels.values()].map(({ name, agency: whose }) => [name, whose]));
  const lines = readLedger(relaxed, { ...readPeriod(from, to), agency, agencies: byChannel });
  await writeLedger(lines, format, process.stdout);
}

async function check({ durable }: Database): Promise<void> {
  const found = await findContradictions(durable);
  for (const { message, number, state, step } of found)
    process.stdout.write(`${message}/${number}\t${state}\t${step}\n`);
  if (found.length > 0)
    throw new GuichetError("LEDGER_CONTRADICTS", `${found.length} messages and their steps do not say the same.`);
  process.stdout.write("All messages and their steps say the same.\n");
}
