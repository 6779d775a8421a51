import type { Logger } from "pino";
import type { Lane } from "../domain/ids.ts";

export interface Sweep {
  stop(): Promise<void>;
}

/**
 * Wakes every lane that still holds due rows, again and again: the queue may be lost as a whole, the rows are not.
 * @param options.find lanes that have been due for a while.
 */
export function sweepLanes(options: {
  lanes: { wake(lane: Lane): Promise<void> };
  find: () => Promise<readonly Lane[]>;
  everyMs: number;
  log: Logger;
}): Sweep {
  const { lanes, find, everyMs, log } = options;
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const sweep = async () => {
    try {
      const found = await find();
      for (const lane of found) await lanes.wake(lane);
      if (found.length > 0) log.debug({ lanes: found.length }, "woke forgotten lanes");
    } catch (error) {
      log.warn({ err: error }, "sweep failed; the next one tries again");
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = sweep();
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
