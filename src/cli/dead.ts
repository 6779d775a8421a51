import { Command } from "commander";
import type { Decision } from "../domain/decision.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { type OutboxId, outboxId } from "../domain/ids.ts";
import { findWays } from "../ledger/find-messages.ts";
import { makePrintable, tellWays } from "../ledger/tell-way.ts";
import type { Database } from "../store/database.ts";
import { decideDead, listDead, readDead } from "../store/dead.ts";
import { configOption } from "./config-option.ts";
import { print } from "./print.ts";
import { withDatabase } from "./with-database.ts";

interface Options {
  readonly config: string;
}

/** Answers that did not arrive: a person looks at them and decides. Works beside a running guichet. */
export function deadCommand(): Command {
  const command = new Command("dead").description("look at answers that did not arrive, and decide");
  command
    .command("list")
    .description("number, since when, case, agency, channel, state, code and attempts of each")
    .addOption(configOption())
    .action((options: Options) => withDatabase(options, list));
  command
    .command("show <number>")
    .description("print an answer and its whole way; it holds words and an address")
    .addOption(configOption())
    .action((number: string, options: Options) => withDatabase(options, (database) => show(database, number)));
  command
    .command("replay <number>")
    .description("let guichet try it again from the start; what nobody knows of may then arrive twice")
    .addOption(configOption())
    .action((number: string, options: Options) =>
      withDatabase(options, async (database) => {
        await decide(database, number, "replay");
        print(
          `${number} is tried again: a running guichet begins within some seconds, and the room shows how it ends.`,
        );
      }),
    );
  command
    .command("drop <number>")
    .description("leave it as it is, and take it off the list")
    .addOption(configOption())
    .action((number: string, options: Options) =>
      withDatabase(options, async (database) => {
        await decide(database, number, "drop");
        print(`${number} is off the list.`);
      }),
    );
  return command;
}

async function list({ relaxed }: Database): Promise<void> {
  const found = await listDead(relaxed);
  if (found.length === 0) print("No answer waits for a decision.");
  for (const { id, since, conversation, agency, channel, state, code, attempts } of found)
    print([id, since.toISOString(), `case/${conversation}`, agency, channel, state, code, attempts].join("\t"));
}

async function show({ durable }: Database, number: string): Promise<void> {
  const id = readNumber(number);
  const words = await readDead(durable, id);
  if (!words) throw unknownNumber(number);
  const { address, cc, subject, content } = words;
  const lines = [
    `To:      ${[address, ...cc.map((party) => party.address)].join(", ")}`,
    `Subject: ${subject ?? ""}`,
    ...(content.file ? [`File:    ${content.file.name}`] : []),
    "",
    ...content.text.split("\n"),
    "",
  ];
  print(lines.map(makePrintable).join("\n"));
  print(tellWays(await findWays(durable, `answer/${id}`)));
}

async function decide({ durable }: Database, number: string, decision: Decision): Promise<void> {
  if ((await decideDead(durable, { id: readNumber(number) }, decision, "BY_OPERATOR")) === undefined)
    throw unknownNumber(number);
}

function readNumber(text: string): OutboxId {
  const [, number] = /^(?:answer\/)?(\d{1,18})$/.exec(text) ?? [];
  if (number !== undefined) return outboxId(number);
  throw new GuichetError("DEAD_NUMBER", `${JSON.stringify(text)} is no number of \`guichet dead list\`.`);
}

const unknownNumber = (number: string) =>
  new GuichetError(
    "DEAD_NUMBER",
    `No answer waits for a decision under ${number}: \`guichet dead list\` says which do.`,
  );
