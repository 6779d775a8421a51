// A guichet's worker as a process of its own, for tests that stop or kill it. Tells what happens on stdout, a line each.
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pino } from "pino";
import type { Fence } from "../../../src/domain/fence.ts";
import { inboxId } from "../../../src/domain/ids.ts";
import { openLanes } from "../../../src/queue/lanes.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { postpone } from "../../../src/store/inbox.ts";

const [kind, queueUrl = "", databaseUrl = "", leaseMs] = process.argv.slice(2);
const log = pino({ level: "silent" });
const database = await openDatabase({ url: databaseUrl }, log);
const lanes = await openLanes({
  place: { kind: kind === "redis" ? "redis" : "postgres", url: queueUrl },
  database,
  concurrency: 8,
  leaseMs: Number(leaseMs),
  log,
});
const input = createInterface({ input: process.stdin });

/** Begins, and writes when it is told which arrival, whatever happened to the lane meanwhile. */
async function work(fence: Fence): Promise<undefined> {
  console.log(`began ${fence.lane}`);
  const [arrival] = await once(input, "line");
  try {
    await postpone(database.relaxed, fence, inboxId(String(arrival)), {
      dueAt: new Date(),
      code: "OLD_WORKER",
      attempts: 1,
    });
    console.log("wrote");
  } catch (error) {
    console.log(`refused ${error instanceof Error ? error.name : "?"}`);
  }
}

lanes.start(work);
console.log("ready");
