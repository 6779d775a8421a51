import type { Logger } from "pino";
import { nextTry } from "../domain/back-off.ts";
import { type Fence, FencedOffError } from "../domain/fence.ts";
import type { Lane } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { type Lease, takeLease } from "../store/lease.ts";

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
export async function workLane(
  keeping: LaneKeeping,
  lane: Lane,
  work: (fence: Fence) => Promise<Date | undefined>,
): Promise<Date | undefined> {
  const { database, failures, log } = keeping;
  let lease: Lease | undefined;
  try {
    lease = await takeLease({ ...keeping, db: database.relaxed, lane });
    // It is held: its holder may have ended its work just before ours came up, so somebody must look again.
    if (!lease) return lookAgain(keeping);
    const next = await work({ lane, token: lease.token, signal: lease.signal });
    failures.delete(lane);
    return next;
  } catch (error) {
    if (error instanceof FencedOffError) {
      log.info({ lane }, "lane was taken over by another worker");
      return lookAgain(keeping);
    }
    const failed = (failures.get(lane) ?? 0) + 1;
    failures.set(lane, failed);
    log.error({ err: error, lane, failed }, "lane failed; it is tried again");
    return nextTry(new Date(), failed, { firstMs: 1_000, mostMs: 30_000 });
  } finally {
    await lease?.release();
  }
}

/** On a grid of moments, so that all who look for one lane are one timer. */
function lookAgain({ leaseMs }: LaneKeeping): Date {
  const step = leaseMs / 10;
  return new Date((Math.floor(Date.now() / step) + 1) * step);
}
