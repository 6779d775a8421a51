import { setTimeout as sleep } from "node:timers/promises";

const FIRST = 1_000;
const LONGEST = 60_000;

/** Milliseconds to wait after so many failures in a row: 1 s doubling to 60 s, shortened by chance so that clients part. */
export const backOff = (failures: number, chance = Math.random()) =>
  Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 16)) * (0.5 + chance / 2);

/** Resolves after the time, or as soon as the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {});
}
