import type { Logger } from "pino";
import type { Lane, SharedLane } from "../domain/ids.ts";

export interface Sweep {
  stop(): Promise<void>;
}

/**
 * Wakes every lane that still holds due rows, again and again: the queue may be lost as a whole, the rows are not.
 * The first time is at once and for all that is due, as a process that died before left it.
 * @param options.find lanes with something that was due at that time.
 */
export function sweepLanes(options: {
  lanes: { wake(lane: Lane, whose: string): Promise<void> };
  find: (dueBefore: Date) => Promise<readonly SharedLane[]>;
  /** How often, and how long a lane must have been due to count as forgotten. */
  everyMs: number;
  log: Logger;
}): Sweep {
  const { lanes, find, everyMs, log } = options;
  let busy = true;
  const sweep = async (idleMs: number) => {
    try {
      const found = await find(new Date(Date.now() - idleMs));
      for (const { lane, whose } of found) await lanes.wake(lane, whose);
      if (found.length > 0) log.debug({ lanes: found.length }, "woke forgotten lanes");
    } catch (error) {
      log.warn({ err: error }, "sweep failed; the next one tries again");
    } finally {
      busy = false;
    }
  };
  let running = sweep(0);
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = sweep(everyMs);
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
