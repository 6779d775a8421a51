import { expect, test } from "vitest";
import { createBucket } from "../../src/http/bucket.ts";

/** @returns how many of so many a second pass in a second, once what was saved up is spent. */
function passing(offered: number, perSecond: number): number {
  const bucket = createBucket(perSecond, 0);
  const seconds = 60;
  let passed = 0;
  for (let number = 0; number < offered * seconds; number += 1) {
    const now = (number * 1000) / offered;
    if (bucket.take(now) && now >= 30_000) passed += 1;
  }
  return passed / (seconds / 2);
}

test.each([
  [40, 40],
  [50, 50],
  [60, 50],
  [100, 49],
  [300, 44],
  [1_000, 25],
  [10_000, 25],
])("of %i a second some %i pass at a pace of 50", (offered, passed) => {
  expect(Math.abs(passing(offered, 50) - passed)).toBeLessThanOrEqual(1);
});

test("after a quiet time twice as many may come at once", () => {
  const bucket = createBucket(50, 0);
  const passed = () => Array.from({ length: 500 }, () => bucket.take(10_000)).filter(Boolean).length;
  expect([passed(), passed()]).toEqual([100, 0]);
  expect(bucket.take(10_020)).toBe(true);
  expect(bucket.take(10_021)).toBe(false);
});
