import { setTimeout as sleep } from "node:timers/promises";

/** Waits for something to come true. @throws Error that says what was found instead, after `limitMs`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  found: () => string,
  limitMs: number,
): Promise<void> {
  for (const end = Date.now() + limitMs; !(await holds()); await sleep(10))
    if (Date.now() > end) throw new Error(`${found()} (after ${limitMs} ms)`);
}

/** Settles as the promise does. @throws Error that says what was found, when it does not within `limitMs`. */
export async function inTime<Value>(promise: Promise<Value>, found: string, limitMs: number): Promise<Value> {
  const waiting = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(limitMs, undefined, { signal: waiting.signal }).then(() => {
        throw new Error(`${found} (after ${limitMs} ms)`);
      }),
    ]);
  } finally {
    waiting.abort();
  }
}

/** Long enough for what would go wrong at once to show, in milliseconds. */
const MOMENT_MS = 200;

export const moment = () => sleep(MOMENT_MS);
