import type { Logger } from "pino";

/** Longer than a restart of the database takes, in milliseconds. */
const SOON_MS = 3_000;

/**
 * After a refused transaction a homeserver waits longer from time to time, for minutes in the end. A ping ends that wait.
 * @returns to be called for each refusal; the ping follows soon, and again after the next refusal.
 */
export function makeRepeatSoon(ping: () => Promise<void>, log: Logger): () => void {
  let isComing = false;
  return () => {
    if (isComing) return;
    isComing = true;
    const timer = setTimeout(() => {
      isComing = false;
      ping().catch((error: unknown) => log.warn({ err: error }, "could not ask for the transactions again"));
    }, SOON_MS);
    timer.unref();
  };
}
