import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { GuichetError } from "../domain/guichet-error.ts";
import { type InboxId, inboxId } from "../domain/ids.ts";
import { readFiles, type WaitingFile } from "../store/attachment.ts";
import { readBlob } from "../store/blob.ts";
import type { Database } from "../store/database.ts";
import { dropQuarantined, listQuarantined, readQuarantined, releaseQuarantined } from "../store/quarantine.ts";
import type { StoredMessage } from "../store/schema.ts";
import { configOption } from "./config-option.ts";
import { print } from "./print.ts";
import { withDatabase } from "./with-database.ts";

interface Options {
  readonly config: string;
  readonly save?: string;
}

/** Arrivals that were set aside: a person looks at them and decides. Works beside a running guichet. */
export function quarantineCommand(): Command {
  const command = new Command("quarantine").description("look at arrivals that were set aside, and decide");
  command
    .command("list")
    .description("number, time of arrival, channel, reason and files of each")
    .addOption(configOption())
    .action((options: Options) => withDatabase(options, list));
  command
    .command("show <number>")
    .description("print an arrival; it holds a citizen's words")
    .option("--save <folder>", "write its files into this folder")
    .addOption(configOption())
    .action((number: string, options: Options) => withDatabase(options, (database) => show(database, number, options)));
  command
    .command("release <number>")
    .description("let it go into its room after all")
    .addOption(configOption())
    .action((number: string, options: Options) =>
      withDatabase(options, async ({ durable }) => {
        if (!(await releaseQuarantined(durable, readNumber(number)))) throw unknownNumber(number);
        print(`${number} is released: a running guichet posts it within some seconds.`);
      }),
    );
  command
    .command("drop <number>")
    .description("forget its words and files for good")
    .addOption(configOption())
    .action((number: string, options: Options) =>
      withDatabase(options, async ({ durable }) => {
        if (!(await dropQuarantined(durable, readNumber(number)))) throw unknownNumber(number);
        print(`${number} is dropped.`);
      }),
    );
  return command;
}

async function list({ relaxed }: Database): Promise<void> {
  const found = await listQuarantined(relaxed);
  if (found.length === 0) print("Nothing is set aside.");
  for (const { id, receivedAt, channel, code, files } of found)
    print([id, receivedAt.toISOString(), channel, code, `${files} files`].join("\t"));
}

async function show({ relaxed }: Database, number: string, { save }: Options): Promise<void> {
  const id = readNumber(number);
  const message = await readQuarantined(relaxed, id);
  if (!message) throw unknownNumber(number);
  const files = await readFiles(relaxed, id);
  print(sayMessage(message, files));
  if (save === undefined) return;
  mkdirSync(save, { recursive: true });
  for (const file of files) {
    const path = join(save, nameOnDisk(id, file));
    // Never over a file that is there, and never to be run.
    await pipeline(readBlob(relaxed, file.blob), createWriteStream(path, { flags: "wx", mode: 0o600 }));
    print(`Wrote ${path}`);
  }
}

const sayMessage = ({ from, to, subject, text }: StoredMessage, files: readonly WaitingFile[]) =>
  [
    `From:    ${from.name ? `${from.name} <${from.address}>` : from.address}`,
    `To:      ${to}`,
    `Subject: ${subject ?? ""}`,
    ...files.map(({ name, type, size }) => `File:    ${name ?? "without a name"} (${type}, ${size} bytes)`),
    "",
    text,
  ]
    // A terminal obeys control characters; a stranger's words must not command it.
    .map((line) => line.replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === "\n" || sign === "\t" ? sign : "\u{FFFD}")))
    .join("\n");

const nameOnDisk = (id: InboxId, { position, name }: WaitingFile) =>
  `${id}-${position + 1}-${(name ?? "file").replace(/[^\p{L}\p{N}._ -]/gu, "_").slice(-100)}`;

function readNumber(text: string): InboxId {
  if (/^\d{1,18}$/.test(text)) return inboxId(text);
  throw new GuichetError("QUARANTINE_NUMBER", `${JSON.stringify(text)} is no number of \`guichet quarantine list\`.`);
}

const unknownNumber = (number: string) =>
  new GuichetError(
    "QUARANTINE_NUMBER",
    `Nothing is set aside under ${number}: \`guichet quarantine list\` says what is.`,
  );
