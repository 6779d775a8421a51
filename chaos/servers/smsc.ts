// The mobile network, as a process of its own: what it took is a line of a file before it answers. It is told by lines of
// JSON what phones write, and says of each when guichet has it.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { addressOf, readAddressOf } from "../../bridges/sms/smpp/addresses.ts";
import { STATUS } from "../../bridges/sms/smpp/commands.ts";
import { readUserData } from "../../bridges/sms/smpp/user-data.ts";
import { textMessages } from "../../demo/sms/short-messages.ts";
import { startSmscDouble } from "../../demo/sms/smsc-double.ts";

const AGAIN_MS = 250;
/** An SMSC asks again over a connection that it still has, when no answer comes. */
const ANSWER_WITHIN_MS = 30_000;
const order = z.object({ id: z.string(), from: z.string(), to: z.string(), text: z.string() });

const [port = "", file = ""] = process.argv.slice(2);
const smsc = await startSmscDouble(Number(port));
smsc.react = (message) => {
  const line = { to: [readAddressOf(message.destination)], raw: readUserData(message).text };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
  return STATUS.ESME_ROK;
};

/** A phone's texts go one after the other. */
const lines = new Map<string, Promise<void>>();
createInterface({ input: process.stdin }).on("line", (line) => {
  const wanted = order.parse(JSON.parse(line));
  lines.set(
    wanted.from,
    (lines.get(wanted.from) ?? Promise.resolve()).then(() => deliver(wanted)),
  );
});
console.log("up");

async function deliver({ id, from, to, text }: z.output<typeof order>): Promise<void> {
  const [message] = textMessages(text, { source: addressOf(from), destination: addressOf(to) }, 0);
  if (message === undefined) return;
  for (;;) {
    const status = await Promise.race([smsc.deliver(message), sleep(ANSWER_WITHIN_MS, "silence" as const)]);
    if (status === STATUS.ESME_ROK) break;
    await sleep(AGAIN_MS);
  }
  console.log(`taken ${id}`);
}
