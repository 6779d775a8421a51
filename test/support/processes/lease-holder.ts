// A guichet that holds a channel's lease as a process of its own, for tests that kill it.
import { pino } from "pino";
import { holdLease } from "../../../src/channel/lease.ts";
import { channelId } from "../../../src/domain/ids.ts";
import { openDatabase } from "../../../src/store/database.ts";

const [url = "", channel = "", leaseMs] = process.argv.slice(2);
const log = pino({ level: "silent" });
const parts = {
  database: await openDatabase({ url }, log),
  channel: channelId(channel),
  log,
  stop: new AbortController().signal,
  leaseMs: Number(leaseMs),
};
await holdLease(parts, "mailbox", async () => {
  console.log("holding");
  await new Promise(() => undefined);
});
