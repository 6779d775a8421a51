import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Fence } from "../domain/fence.ts";
import { type Lane, laneFrom, readLane } from "../domain/ids.ts";
import type { Turn } from "../domain/turn.ts";
import type { Database } from "../store/database.ts";
import { freeLanes } from "../store/lane.ts";
import { keepName } from "../store/setting.ts";
import { openBackend, QUEUE_NAMES, type QueueName, type QueuePlace } from "./backend.ts";
import { shareSlots } from "./share-slots.ts";
import { type LaneKeeping, workLane } from "./work-lane.ts";

/** A worker that dies without a word is followed after this time, and a tenth of it, at the latest, in milliseconds. */
const LEASE_MS = 4_000;
/** Time that running lanes have to end by themselves, in milliseconds. */
const STOP_MS = 10_000;
/** How often a fault of one kind is reported, in milliseconds. */
const FAULT_MS = 5_000;
/** Time that the queue has to hear how the last runs ended, in milliseconds. */
const PARTING_MS = 2_000;
/** Jobs that are taken at once, beside those that work: what waits for its turn, or outside, holds up none behind it. */
const TAKEN = 256;
/** Timers are rounded up to this, in milliseconds: all wakes of a lane for one moment are one job. */
const TICK_MS = 100;

/**
 * Drains a lane's due rows, and resolves to when the lane next has something to do; undefined when nothing is left.
 */
export type LaneWork = (fence: Fence, turn: Turn) => Promise<Date | undefined>;

export interface Lanes {
  /**
   * "This lane has work", now or at a time. Cheap, and as often as one likes: each time that was named is kept.
   * Rejects when the queue can't be told; the sweep is then what wakes the lane.
   * @param whose the channel, or for events of a room the agency, that shares the slots with others.
   */
  wake(lane: Lane, whose: string, at?: Date): Promise<void>;
  /** Whether a channel has so many arrivals that others, who have some now and then, would feel it. */
  crowds(channel: string): boolean;
  start(work: LaneWork): void;
  /** Takes no new lane, waits for the running ones, then tells them to end; others can be woken still. Safe twice. */
  drain(): Promise<void>;
  /** Drains, and lets no lane be woken any more. Safe twice. */
  stop(): Promise<void>;
}

export interface LanesOptions {
  readonly place: QueuePlace;
  readonly database: Database;
  /** Lanes that are worked on at once. */
  readonly concurrency: number;
  readonly log: Logger;
  /** The queues whose lanes are worked on here; left out: all of them. */
  readonly takes?: readonly QueueName[];
  readonly leaseMs?: number;
  readonly stopMs?: number;
  /** No other process shares the database: what a dead one left behind is cleared at once instead of waited for. */
  readonly alone?: boolean;
}

/** Opens the queue: strictly serial inside a lane, parallel across lanes. */
export async function openLanes(options: LanesOptions): Promise<Lanes> {
  const { place, database, concurrency, log, takes = QUEUE_NAMES, leaseMs = LEASE_MS, stopMs = STOP_MS } = options;
  const stopping = new AbortController();
  const owner = randomUUID();
  const keeping: LaneKeeping = { database, owner, leaseMs, log, stop: stopping.signal, failures: new Map() };
  let work: LaneWork = async () => undefined;
  let drained: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const telling = new Set<Promise<void>>();
  const tell = (lane: Lane, whose: string, at?: Date): Promise<void> => {
    // BullMQ would keep the error to itself.
    const told = add(lane, whose, at).catch((error: unknown) => log.warn({ err: error, lane }, "lane not woken"));
    telling.add(told);
    return told.finally(() => telling.delete(told));
  };
  const slots = shareSlots({
    slots: concurrency,
    async run(lane, whose, turn) {
      const next = await workLane(keeping, lane, (fence) => work(fence, turn));
      if (!next || next.getTime() <= Date.now()) return next !== undefined;
      // Not waited for: a queue that does not answer must not keep the lane.
      void tell(lane, whose, next);
      return false;
    },
    giveBack: (lane, whose) => void tell(lane, whose),
  });
  const backend = await openBackend(place, {
    house: await keepName(database.durable, "queue"),
    takes,
    async run({ name, lane: text, whose }) {
      const lane = laneFrom(text);
      // BullMQ may take one more job while it ends: the lane is for the next process.
      if (name === "timer" || drained) await tell(lane, whose);
      else await slots.enter(lane, whose);
    },
    concurrency: concurrency + TAKEN,
    recoverMs: leaseMs,
    onFault: reportFaults(log),
  });
  if (options.alone) {
    try {
      await backend.obliterate();
      await freeLanes(database.relaxed);
    } catch (error) {
      backend.disconnect();
      throw error;
    }
  }

  let closed = false;
  async function add(lane: Lane, whose: string, at?: Date): Promise<void> {
    // BullMQ on PostgreSQL would never answer.
    if (closed) throw new Error("the queue is closed");
    const queue = queueOf(lane);
    const id = hash(lane);
    const gone = { removeOnComplete: true, removeOnFail: true };
    const now = Date.now();
    if (!at || at.getTime() <= now) {
      // One running and one waiting job a lane: a wake during the work is kept for after it.
      await backend.add(
        queue,
        { name: "work", lane, whose },
        { ...gone, deduplication: { id, keepLastIfActive: true } },
      );
      return;
    }
    // A timer is a job of its own that only wakes: neither an earlier wake nor a later one has to do with it.
    const tick = Math.ceil(at.getTime() / TICK_MS) * TICK_MS;
    const timer = { name: "timer", lane, whose } as const;
    await backend.add(queue, timer, { ...gone, delay: tick - now, deduplication: { id: `${id}${tick}` } });
  }

  let isLost = false;
  const atMost = async (work: Promise<unknown>, ms: () => Promise<unknown>): Promise<void> => {
    if (await Promise.race([work.then(() => true), ms().then(() => false)])) return;
    log.warn("the queue did not hear how the last runs ended; it will have lanes looked at again");
    work.catch(() => undefined);
    isLost = true;
    backend.disconnect();
  };

  async function drain(): Promise<void> {
    const timer = setTimeout(() => stopping.abort(), stopMs);
    try {
      const ended = slots.stop();
      const parting = () => ended.then(() => sleep(PARTING_MS, undefined, { ref: false }));
      const told = async () => {
        await backend.drain();
        await ended;
        await Promise.all(telling);
      };
      await atMost(told(), parting);
    } finally {
      clearTimeout(timer);
      stopping.abort();
    }
  }
  const drainOnce = () => {
    drained ??= drain();
    return drained;
  };

  async function close(): Promise<void> {
    await drainOnce();
    closed = true;
    if (!isLost) await atMost(backend.close(), () => sleep(PARTING_MS, undefined, { ref: false }));
  }

  return {
    async wake(lane, whose, at) {
      const isNow = !at || at.getTime() <= Date.now();
      if (!closed && isNow && slots.has(lane)) return;
      await add(lane, whose, at);
    },
    crowds: (channel) => slots.crowds("in", channel),
    start(begun) {
      work = begun;
      backend.start();
    },
    drain: drainOnce,
    stop() {
      stopped ??= close();
      return stopped;
    },
  };
}

/** BullMQ tries again many times a second, and says so each time: one fault of a kind is reported once in a while. */
function reportFaults(log: Logger): (error: Error) => void {
  const reported = new Map<string, number>();
  return (error) => {
    const kind = "code" in error ? String(error.code) : error.name;
    const now = Date.now();
    if (now - (reported.get(kind) ?? 0) < FAULT_MS) return;
    reported.set(kind, now);
    log.warn({ err: error }, "queue fault");
  };
}

const queueOf = (lane: Lane): QueueName => (readLane(lane).of === "answers" ? "answers" : "intake");

/** BullMQ refuses ":" in ids, and room ids hold one. */
const hash = (lane: Lane) => createHash("sha256").update(lane).digest("base64url").slice(0, 32);
