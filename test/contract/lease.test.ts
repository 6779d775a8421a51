import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { holdLease } from "../../src/channel/lease.ts";
import { channelId } from "../../src/domain/ids.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { runScript } from "../support/child-script.ts";
import { until } from "../support/until.ts";

/** Short, so that a test sees it run out. */
const LEASE_MS = 1_500;

describe("a channel's lease", () => {
  let folder: string;
  let store: Store;
  const faults: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void faults.push(line) });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-lease-"));
    store = await openStore({ dataFolder: folder }, log);
  });
  afterAll(async () => {
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** One that wants the mailbox of `channel`, and reads it until it must end. */
  function want(channel: string) {
    const stop = new AbortController();
    const runs: { begun: number; ended?: number }[] = [];
    const parts = { database: store.database, channel: channelId(channel), log, stop: stop.signal, leaseMs: LEASE_MS };
    const ended = holdLease(parts, "mailbox", async (signal) => {
      const run: (typeof runs)[number] = { begun: Date.now() };
      runs.push(run);
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      run.ended = Date.now();
    });
    return {
      runs,
      async stop() {
        stop.abort();
        await ended;
      },
    };
  }

  test("is held by one, for longer than it lasts, and goes to another when that one stops", async () => {
    const first = want("handed-over");
    await until("the first holds it", () => first.runs.length === 1);
    const second = want("handed-over");
    await sleep(LEASE_MS * 1.5);
    expect([first.runs.length, second.runs.length, first.runs[0]?.ended]).toEqual([1, 0, undefined]);
    await first.stop();
    const stopped = Date.now();
    await until("the second holds it", () => second.runs.length === 1);
    expect((second.runs[0]?.begun ?? 0) - stopped).toBeLessThan(LEASE_MS);
    await second.stop();
  });

  test("goes to another when its holder's process is killed", async () => {
    const holder = runScript("lease-holder.ts", [store.database.url, "killed", String(LEASE_MS)]);
    await holder.line("holding");
    const second = want("killed");
    await sleep(300);
    expect(second.runs).toHaveLength(0);
    await holder.end("SIGKILL");
    const killed = Date.now();
    await until("the second holds it", () => second.runs.length === 1);
    expect((second.runs[0]?.begun ?? 0) - killed).toBeLessThan(LEASE_MS * 1.25 + 1_000);
    await second.stop();
  });

  test("aborts its holder's signal when it is lost, and is asked for again", async () => {
    const holder = want("stolen");
    await until("it is held", () => holder.runs.length === 1);
    await sql`update lane set token = gen_random_uuid(), until = clock_timestamp() + interval '1 second' where name = 'lease/stolen/mailbox'`.execute(
      store.database.durable,
    );
    const lost = Date.now();
    await until("the holder ended", () => holder.runs[0]?.ended !== undefined);
    expect((holder.runs[0]?.ended ?? 0) - lost).toBeLessThan(LEASE_MS);
    await until("it is held again", () => holder.runs.length === 2);
    expect((holder.runs[1]?.begun ?? 0) - lost).toBeGreaterThanOrEqual(900);
    await holder.stop();
  });

  test("aborts its holder's signal before it runs out while the store does not answer", async () => {
    const holder = want("silent");
    await until("it is held", () => holder.runs.length === 1);
    await store.database.durable.transaction().execute(async (trx) => {
      const { rows } = await sql<{ left: number }>`
        select extract(epoch from until - clock_timestamp())::float8 * 1000 as left from lane
        where name = 'lease/silent/mailbox' for update`.execute(trx);
      const runsOut = Date.now() + (rows[0]?.left ?? 0);
      await until("the holder ended", () => holder.runs[0]?.ended !== undefined);
      expect(holder.runs[0]?.ended).toBeLessThan(runsOut + 100);
    });
    await holder.stop();
  });

  test("survives a fault of the work under it, which is logged and begun again", async () => {
    const stop = new AbortController();
    let runs = 0;
    const parts = { database: store.database, channel: channelId("faulty"), log, stop: stop.signal, leaseMs: LEASE_MS };
    await holdLease(parts, "mailbox", async () => {
      runs += 1;
      if (runs === 2) stop.abort();
      throw new Error(`fault ${runs}`);
    });
    expect(runs).toBe(2);
    expect(faults.filter((line) => line.includes("work under a lease"))).toHaveLength(1);
  });
});
