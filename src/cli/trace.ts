import { Command } from "commander";
import { findWays } from "../ledger/find-messages.ts";
import { tellWays } from "../ledger/tell-way.ts";
import { configOption } from "./config-option.ts";
import { withDatabase } from "./with-database.ts";

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function traceCommand(): Command {
  return new Command("trace")
    .description("print the whole way of a message, and of the answers to it")
    .argument(
      "<name>",
      "an event, a Message-ID, case/12, arrival/12 or answer/12; a bare number is a case or an arrival",
    )
    .option("--json", "for programs")
    .addOption(configOption())
    .action((name: string, options: Options) =>
      withDatabase(options, async ({ durable }) => {
        const ways = await findWays(durable, name);
        const told = options.json
          ? JSON.stringify(
              ways.map(({ message, steps }) => ({ ...message, steps })),
              undefined,
              2,
            )
          : tellWays(ways);
        process.stdout.write(`${told}\n`);
      }),
    );
}
