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
