import { createHash, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { type Lane, laneFrom } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { freeLanes } from "../store/lane.ts";
import { openBackend, type QueuePlace } from "./backend.ts";
import { type LaneKeeping, type LaneWork, workLane } from "./work-lane.ts";

/** A worker that dies without a word is followed after this time at the latest, in milliseconds. */
const LEASE_MS = 6_000;
/** Time that running lanes have to end by themselves, in milliseconds. */
const STOP_MS = 10_000;

export interface Lanes {
  /** "This lane has work", now or at a time. Cheap, and as often as one likes. */
  wake(lane: Lane, at?: Date): Promise<void>;
  start(work: LaneWork): void;
  /** Takes no new lane, waits for the running ones, then tells them to end. Safe twice. */
  stop(): Promise<void>;
}

export interface LanesOptions {
  readonly place: QueuePlace;
  readonly database: Database;
  /** Lanes that are worked on at once. */
  readonly concurrency: number;
  readonly log: Logger;
  readonly leaseMs?: number;
  /** No other process shares the database: what a dead one left behind is cleared at once instead of waited for. */
  readonly alone?: boolean;
}

/** Opens the queue: strictly serial inside a lane, parallel across lanes. */
export async function openLanes(options: LanesOptions): Promise<Lanes> {
  const { place, database, concurrency, log, leaseMs = LEASE_MS } = options;
  const backend = openBackend(place, (error) => log.warn({ err: error }, "queue fault"));
  await backend.ready();
  if (options.alone) {
    await backend.obliterate();
    await freeLanes(database.relaxed);
  }

  const wake = async (lane: Lane, at?: Date): Promise<void> => {
    const delay = at ? at.getTime() - Date.now() : 0;
    const id = hash(lane);
    const gone = { removeOnComplete: true, removeOnFail: true };
    if (delay <= 0)
      // One running and one waiting job a lane: a wake during the work is kept for after it.
      await backend.add({ name: "work", lane }, { ...gone, deduplication: { id, keepLastIfActive: true } });
    // A timer is a job of its own that only wakes, so that it never holds back an earlier wake.
    else await backend.add({ name: "timer", lane }, { ...gone, delay, deduplication: { id: `t${id}`, replace: true } });
  };

  const stopping = new AbortController();
  const keeping: LaneKeeping = {
    database,
    owner: randomUUID(),
    leaseMs,
    log,
    stop: stopping.signal,
    failures: new Map(),
  };
  let worker: ReturnType<typeof backend.work> | undefined;
  let stopped: Promise<void> | undefined;
  return {
    wake,
    start(work) {
      worker = backend.work(async ({ name, lane: text }) => {
        const lane = laneFrom(text);
        const next = name === "timer" ? new Date() : await workLane(keeping, lane, work);
        if (next) await wake(lane, next);
      }, concurrency);
    },
    stop() {
      stopped ??= (async () => {
        const timer = setTimeout(() => stopping.abort(), STOP_MS);
        await worker?.close();
        clearTimeout(timer);
        stopping.abort();
        await backend.close();
      })();
      return stopped;
    },
  };
}

/** BullMQ refuses ":" in ids, and room ids hold one. */
const hash = (lane: Lane) => createHash("sha256").update(lane).digest("base64url").slice(0, 32);
