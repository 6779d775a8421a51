/**
 * When to try again: doubling from `firstMs` up to `mostMs`, spread by ±20 % so that many lanes don't return as one.
 * @param attempts failed attempts so far, at least 1.
 */
export function nextTry(
  now: Date,
  attempts: number,
  limits: { firstMs: number; mostMs: number; askedMs?: number | undefined },
): Date {
  const wait = Math.min(limits.firstMs * 2 ** Math.min(attempts - 1, 30), limits.mostMs);
  const spread = wait * (0.8 + 0.4 * Math.random());
  return new Date(now.getTime() + Math.max(spread, limits.askedMs ?? 0));
}

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * Milliseconds to wait before a connection is made again: 1 s doubling to 60 s, shortened by up to half by chance, so that
 * those who lost it together do not come back together.
 * @param failures so many in a row, from 0 on.
 * @param chance from 0 to 1.
 */
export const backOff = (failures: number, chance = Math.random()): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16)) * (0.5 + chance / 2);
