import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/fault.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { backupCommand, restoreCommand } from "./backup.ts";
import { bridgesCommand } from "./bridges.ts";
import { checkConfigCommand } from "./check-config.ts";
import { deadCommand } from "./dead.ts";
import { ledgerCommand } from "./ledger.ts";
import { newBridgeCommand } from "./new-bridge.ts";
import { quarantineCommand } from "./quarantine.ts";
import { reconcileCommand } from "./reconcile.ts";
import { registrationCommand } from "./registration.ts";
import { runCommand } from "./run.ts";
import { sampleCommand } from "./sample.ts";
import { traceCommand } from "./trace.ts";

/**
 * Runs one command line.
 * @returns the exit code: 0 done, 1 failed, 2 wrong use.
 */
export async function runCommandLine(words: readonly string[]): Promise<0 | 1 | 2> {
  const program = new Command("guichet")
    .description("Lets citizens reach public agencies in Matrix on the channels they already have.")
    .version(readVersion());
  const commands = [
    runCommand(),
    checkConfigCommand(),
    registrationCommand(),
    quarantineCommand(),
    reconcileCommand(),
    backupCommand(),
    restoreCommand(),
    deadCommand(),
    traceCommand(),
    ledgerCommand(),
    bridgesCommand(),
    sampleCommand(),
    newBridgeCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap(({ commands: below }) => below)])
    command.exitOverride().showHelpAfterError("(--help says more)");
  try {
    await program.parseAsync(words, { from: "user" });
    return 0;
  } catch (error) {
    // The library has printed its own words already, and gives code 0 to --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${sayError(error)}\n`);
    return 1;
  }
}

/** Faults that guichet expects are a sentence with a code; anything else is a fault of guichet and shows its stack. */
function sayError(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (error instanceof GuichetError) return `${error.message} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function readVersion(): string {
  const path = findPackageJSON("..", import.meta.url);
  const found: unknown = path === undefined ? undefined : JSON.parse(readFileSync(path, "utf8"));
  const version = typeof found === "object" && found !== null && "version" in found ? found.version : undefined;
  return typeof version === "string" ? version : "unknown";
}
