import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { readCpuMs } from "../demo/setup/cpu-time.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { startEmbedded } from "../src/store/embedded.ts";
import { ask } from "../test/support/form-visitor.ts";
import { openHouse } from "../test/support/house.ts";
import { missing } from "../test/support/needs.ts";
import { freePort } from "../test/support/ports.ts";
import { type FloodResult, floodResult } from "./flood-order.ts";
import { measureMails } from "./mail-latency.ts";
import { percentile, percentiles, rssMb } from "./measure.ts";
import { print } from "./rig.ts";

/**
 * `npm run bench -- forms [a second] [seconds]`: a peak of forms that a town may see, then a flood. Says how each post was
 * answered, whether each citizen that saw a receipt is in the store, what memory that takes, and how long mails of another
 * channel take meanwhile; then which of the bars of issue 6 were kept.
 */
const RATE = Number(process.argv[2] ?? 1_000);
const SECONDS = Number(process.argv[3] ?? 30);
/** The peak that must not be turned away, and how long it lasts. */
const PEAK = { perSecond: 50, seconds: 10 };
const QUIET_SECONDS = Math.min(20, SECONDS);
const FORM = "town-form";
const MOST_SLOWER = 1.5;
const MOST_GROWTH = 1.1;
/** Answers that say "taken" or "wait". */
const CLEAR = new Set([303, 429, 503]);

async function countStored({ relaxed }: Database): Promise<number> {
  const { rows } = await sql<{ stored: string }>`select count(*) as stored from inbox where channel = ${FORM}`.execute(
    relaxed,
  );
  return Number(rows[0]?.stored);
}

/** Until nothing waits for the homeserver any more. */
async function drain(): Promise<void> {
  for (let waiting = 1; waiting > 0; await sleep(500)) {
    const { rows } = await sql<{
      waiting: string;
    }>`select count(*) as waiting from inbox where state = 'waiting'`.execute(database.relaxed);
    waiting = Number(rows[0]?.waiting);
  }
}

/** What a process has in memory, each second until `ended`, in megabytes. */
async function watchMemory(pid: number, ended: AbortSignal): Promise<number[]> {
  const seen: number[] = [];
  while (!ended.aborted) {
    seen.push(rssMb(pid));
    await sleep(1_000, undefined, { signal: ended }).catch(() => undefined);
  }
  return seen;
}

const lacks = missing("synapse");
if (lacks) throw new Error(`bench forms ${lacks}: \`npm test\` installs it`);
await using closing = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), "guichet-forms-"));
closing.defer(() => rmSync(folder, { recursive: true, force: true }));
const log = pino({ level: "warn" }, pino.destination(2));
const embedded = await startEmbedded({ folder, log });
closing.defer(() => embedded.stop());
const port = await freePort();
// Only the pace is to turn away: the limits of ten minutes do it later, and cheaper.
const most = 10 * RATE * SECONDS + 100_000;
const limits = { per_agency: most, per_agency_unproven: most };
const house = await openHouse({
  config: {
    database: { url: embedded.url },
    public: { url: `http://127.0.0.1:${port}`, port, trusted_proxies: ["127.0.0.1"] },
  },
  channels: { [FORM]: { use: "webform", agency: "town-hall", limits } },
});
closing.defer(() => house.close());
const database = await openDatabase({ url: embedded.url }, log);
closing.defer(() => database.close());
await ask(`http://127.0.0.1:${port}/${FORM}`);
const note = await database.relaxed
  .selectFrom("note")
  .select("value")
  .where("channel", "=", FORM)
  .where("key", "=", "key")
  .executeTakeFirstOrThrow();
const key = Buffer.from(note.value, "base64url").toString("base64");
const { pid } = house.guichet;
const mailing = { smtpPort: house.smtpPort, database };
let offered = 0;

/** Posts forms, and mails beside them. */
async function run(name: string, { perSecond, seconds }: typeof PEAK) {
  const child = fork(join(import.meta.dirname, "form-flood.ts"));
  await using ending = new AsyncDisposableStack();
  ending.defer(() => void child.kill());
  child.send({ port, path: `/${FORM}`, key, perSecond, seconds, from: offered });
  offered += perSecond * seconds;
  await once(child, "message");
  const stored = await countStored(database);
  const cpu = readCpuMs(pid);
  const ended = new AbortController();
  const [mails, memory] = [measureMails(mailing, ended.signal), watchMemory(pid, ended.signal)];
  child.send("go");
  const [message]: unknown[] = await once(child, "message");
  const flood = floodResult.parse(message);
  ended.abort();
  const cpuShare = (readCpuMs(pid) - cpu) / (flood.seconds * 1000);
  const result = { ...flood, memory: await memory, mails: await mails, stored: (await countStored(database)) - stored };
  tell(`${name}, ${perSecond} a second for ${seconds} s`, result, cpuShare);
  return result;
}

type Run = Awaited<ReturnType<typeof run>>;
const countOf = ({ statuses }: FloodResult, status: number) =>
  statuses.find(([answered]) => answered === status)?.[1] ?? 0;

function tell(name: string, result: Omit<Run, "tell">, cpuShare: number): void {
  const { statuses, latencies, seconds, stored, memory, mails } = result;
  const answered = statuses.map(([status, count]) => `${status}: ${count}`).join(", ");
  print(`\n${name} (load of the machine ${loadavg()[0]?.toFixed(1)}; latencies are p50 / p95 / p99)`);
  print(`  answered in ${seconds.toFixed(1)} s: ${answered}; ${percentiles(latencies)} ms`);
  print(
    `  in the store ${stored}, receipts ${countOf(result, 303)}; guichet's processor ${Math.round(cpuShare * 100)} %`,
  );
  print(
    `  guichet's memory ${memory.at(0)} MB at first, ${Math.max(...memory)} MB at most, ${memory.at(-1)} MB at last`,
  );
  print(`  mail: answered with 250 ${percentiles(mails.accepted)} ms, in the room ${percentiles(mails.shown)} ms`);
}

// A service runs for months: its first minute, in which V8 compiles, is not measured.
await run("warming up", { perSecond: 30, seconds: 8 });
await drain();
const quiet = await measureMails(mailing, AbortSignal.timeout(QUIET_SECONDS * 1000));
print(`\nmail alone: answered with 250 ${percentiles(quiet.accepted)} ms, in the room ${percentiles(quiet.shown)} ms`);
const peak = await run("a peak", PEAK);
await drain();
const flood = await run("a flood", { perSecond: RATE, seconds: SECONDS });

const third = Math.ceil(flood.memory.length / 3);
const growth = Math.max(...flood.memory.slice(-third)) / Math.max(...flood.memory.slice(0, third));
const p95 = (values: readonly number[]) => percentile(values, 0.95);
const slower = (kind: "accepted" | "shown", { mails }: Run) => p95(mails[kind]) / p95(quiet[kind]);
const both = (each: Run) =>
  `${slower("accepted", each).toFixed(2)} × to 250, ${slower("shown", each).toFixed(2)} × to the room`;
const bars: readonly (readonly [string, boolean])[] = [
  ["each post of the flood was taken or told to wait", flood.statuses.every(([status]) => CLEAR.has(status))],
  [`each receipt is in the store`, flood.stored >= countOf(flood, 303) && peak.stored >= countOf(peak, 303)],
  [
    `nobody was turned away in a peak of ${PEAK.perSecond} a second`,
    countOf(peak, 303) === PEAK.perSecond * PEAK.seconds,
  ],
  [`memory is flat in the flood (last third ${growth.toFixed(2)} × the first)`, growth <= MOST_GROWTH],
  [`mail's p95 to 250 beside the flood is within ${MOST_SLOWER} ×`, slower("accepted", flood) <= MOST_SLOWER],
  [`mail's p95 to the room beside the flood is within ${MOST_SLOWER} ×`, slower("shown", flood) <= MOST_SLOWER],
];
print(`\nmail's p95 against its own alone: ${both(peak)} beside the peak, ${both(flood)} beside the flood\n`);
for (const [bar, isKept] of bars) print(`${isKept ? "kept    " : "NOT kept"} ${bar}`);
process.exitCode = bars.every(([, isKept]) => isKept) ? 0 : 1;
