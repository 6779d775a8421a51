import { nextTry } from "../domain/back-off.ts";

/** As mail systems do (RFC 5321, 4.5.4.1): for five days, in the end once an hour. */
const GIVE_UP_AFTER_MS = 5 * 24 * 60 * 60 * 1000;
const LIMITS = { firstMs: 5_000, mostMs: 60 * 60 * 1000 };

/** @returns when to try again, or undefined: give up, and say so. */
export function nextAttempt(now: Date, firstAttempt: Date, attempts: number): Date | undefined {
  const at = nextTry(now, attempts, LIMITS);
  return at.getTime() - firstAttempt.getTime() > GIVE_UP_AFTER_MS ? undefined : at;
}
