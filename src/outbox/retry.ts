import { nextTry } from "../domain/back-off.ts";

/** Mail systems try for days (RFC 5321 section 4.5.4.1); a day is what an agent can be asked to wait without a word. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;
const LIMITS = { firstMs: 5_000, mostMs: 30 * 60 * 1000 };

/** @returns when to try again, or undefined: give up, and say so. */
export function nextAttempt(now: Date, firstAttempt: Date, attempts: number): Date | undefined {
  const at = nextTry(now, attempts, LIMITS);
  return at.getTime() - firstAttempt.getTime() > GIVE_UP_AFTER_MS ? undefined : at;
}
