// Opens a store as guichet does at its start, for tests of several processes that start at once.
import { tmpdir } from "node:os";
import { pino } from "pino";
import { openLanes } from "../../../src/queue/lanes.ts";
import { openStore } from "../../../src/store/open-store.ts";

const [url = ""] = process.argv.slice(2);
const log = pino({ level: "silent" });
try {
  const { database, close } = await openStore({ url, dataFolder: tmpdir() }, log);
  const lanes = await openLanes({ place: { kind: "postgres", url }, database, concurrency: 1, log });
  await lanes.stop();
  await close();
  console.log("opened");
} catch (error) {
  console.log(`failed ${String(error)}`);
}
