import { setTimeout as sleep } from "node:timers/promises";

/** Holds requests back: so many at once, so many a second. */
export interface Pace {
  /** Runs when it is its turn. Rejects with the signal's reason when that aborts before. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

export function createPace({ atOnce, perSecond }: { readonly atOnce: number; readonly perSecond: number }): Pace {
  const waiting = new Set<() => void>();
  let running = 0;
  let next = 0;
  const free = () => {
    running--;
    const [first] = waiting;
    first?.();
  };
  const takePlace = async (signal: AbortSignal) => {
    while (running >= atOnce) await waitForPlace(signal);
    running++;
  };
  const waitForPlace = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const end = (settle: () => void) => {
        waiting.delete(wake);
        signal.removeEventListener("abort", abort);
        settle();
      };
      const wake = () => end(resolve);
      const abort = () => end(() => reject(signal.reason));
      waiting.add(wake);
      signal.addEventListener("abort", abort, { once: true });
    });
  return {
    run: async (work, signal) => {
      signal.throwIfAborted();
      await takePlace(signal);
      try {
        const now = performance.now();
        const turn = Math.max(now, next);
        next = turn + 1000 / perSecond;
        if (turn > now) await sleep(turn - now, undefined, { signal });
        return await work();
      } finally {
        free();
      }
    },
  };
}
