import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { nextTry } from "../domain/back-off.ts";
import { type Fence, FencedOffError } from "../domain/fence.ts";
import type { Lane } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { acquireLane, releaseLane, renewLane } from "../store/lane.ts";

/**
 * Drains a lane's due rows, and resolves to when the lane next has something to do; undefined when nothing is left.
 */
export type LaneWork = (fence: Fence) => Promise<Date | undefined>;

export interface LaneKeeping {
  readonly database: Database;
  /** This worker among all. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly log: Logger;
  /** Aborts when the process will not wait any longer. */
  readonly stop: AbortSignal;
  /** Failed runs of a lane in a row. */
  readonly failures: Map<Lane, number>;
}

/** Runs `work` under a lease. @returns when to wake the lane again. */
export async function workLane(keeping: LaneKeeping, lane: Lane, work: LaneWork): Promise<Date | undefined> {
  const { database, owner, leaseMs, log, failures } = keeping;
  const token = await acquireLane(database.relaxed, lane, owner, leaseMs);
  // Another worker has it: it may have ended its work just before ours came up, so somebody must look again.
  if (token === undefined) return new Date(Date.now() + leaseMs / 4);
  const lost = new AbortController();
  const fence: Fence = { lane, token, signal: AbortSignal.any([keeping.stop, lost.signal]) };
  const done = new AbortController();
  const keeper = keepLease(keeping, fence, done.signal, () => lost.abort());
  try {
    const next = await work(fence);
    failures.delete(lane);
    return next;
  } catch (error) {
    if (error instanceof FencedOffError) {
      log.info({ lane }, "lane was taken over by another worker");
      return undefined;
    }
    const failed = (failures.get(lane) ?? 0) + 1;
    failures.set(lane, failed);
    log.error({ err: error, lane, failed }, "lane failed; it is tried again");
    return nextTry(new Date(), failed, { firstMs: 1_000, mostMs: 30_000 });
  } finally {
    done.abort();
    await keeper;
    await releaseLane(database.relaxed, lane, token).catch(() => undefined);
  }
}

async function keepLease(
  { database, leaseMs, log }: LaneKeeping,
  { lane, token }: Fence,
  done: AbortSignal,
  lose: () => void,
): Promise<void> {
  for (;;) {
    await sleep(leaseMs / 3, undefined, { signal: done }).catch(() => undefined);
    if (done.aborted) return;
    try {
      if (await renewLane(database.relaxed, lane, token, leaseMs)) continue;
      lose();
      return;
    } catch (error) {
      log.warn({ err: error, lane }, "lease not renewed");
    }
  }
}
