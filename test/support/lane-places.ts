import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { sql } from "kysely";
import { pino } from "pino";
import type { QueuePlace } from "../../src/queue/backend.ts";
import { type Lanes, type LanesOptions, openLanes } from "../../src/queue/lanes.ts";
import type { Database } from "../../src/store/database.ts";
import { openStore } from "../../src/store/open-store.ts";
import { missing } from "./needs.ts";
import { startRedis } from "./redis.ts";
import { until } from "./until.ts";

export type QueueKind = QueuePlace["kind"];

/** Both backends, each with what it lacks here, for `describe.skipIf`. */
export const QUEUES: readonly { kind: QueueKind; lacking: string }[] = [
  { kind: "postgres", lacking: "" },
  { kind: "redis", lacking: missing("redis-server") ?? "" },
];

/** A real store with a real queue beside it. */
export interface LanePlace {
  readonly place: QueuePlace;
  readonly database: Database;
  /** Log lines at `warn` and above, of store and lanes. */
  readonly faults: string[];
  /** Lanes on this place; stopped by `close` when the test has not. */
  open(options?: Partial<LanesOptions>): Promise<Lanes>;
  /** Loses the whole queue, as FLUSHALL does. */
  lose(): Promise<void>;
  /** Kills the server that holds the queue, and brings it back after `awayMs`. */
  crash(awayMs?: number): Promise<void>;
  /** What a run waits at until the test, or else `rest`, lets it go on. */
  gate(): PromiseWithResolvers<void>;
  /** Stops all lanes. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

export async function openLanePlace(kind: QueueKind): Promise<LanePlace> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "guichet-lanes-"));
  opening.defer(() => rm(folder, { recursive: true, force: true }));
  const faults: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void faults.push(line) });
  const store = await openStore({ dataFolder: folder }, log);
  opening.defer(() => store.close());
  const redis = kind === "redis" ? await startRedis() : undefined;
  opening.defer(async () => redis?.close());
  const { database } = store;
  const place: QueuePlace = redis ? { kind: "redis", url: redis.url } : { kind: "postgres", url: database.url };
  const opened: Lanes[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const rest = async () => {
    for (const gate of gates.splice(0)) gate.resolve();
    for (const lanes of opened.splice(0)) await lanes.stop();
  };
  opening.defer(rest);
  const closing = opening.move();
  return {
    place,
    database,
    faults,
    async open(options = {}) {
      const lanes = await openLanes({ place, database, concurrency: 8, log, ...options });
      opened.push(lanes);
      return lanes;
    },
    async lose() {
      if (redis) await flush(redis.url);
      else
        await sql`truncate bullmq.job, bullmq.dedup, bullmq.dedup_next, bullmq.event, bullmq.meta cascade`.execute(
          database.durable,
        );
    },
    async crash(awayMs = 0) {
      if (redis) {
        await redis.stop("SIGKILL");
        await new Promise((resolve) => setTimeout(resolve, awayMs));
        return redis.start();
      }
      const killed = await readServerPid(database);
      process.kill(killed, "SIGKILL");
      const isBack = async () => (await readServerPid(database).catch(() => killed)) !== killed;
      await until("PostgreSQL is back", isBack, 20_000);
    },
    gate() {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      return gate;
    },
    rest,
    close: () => closing.disposeAsync(),
  };
}

async function readServerPid(database: Database): Promise<number> {
  const read = sql<{ file: string }>`select pg_read_file('postmaster.pid', 0, 20) as file`;
  const { rows } = await read.execute(database.durable);
  return Number(rows[0]?.file.split("\n")[0]);
}

async function flush(url: string): Promise<void> {
  const client = new Redis(url);
  try {
    await client.flushall();
  } finally {
    client.disconnect();
  }
}
