import { expect, test } from "vitest";
import { backOff, pause, untilAborted } from "../../src/adapter/index.ts";

test("back-off doubles to a minute, and no two clients keep step", () => {
  expect([0, 1, 2, 5, 6, 50].map((failures) => backOff(failures, 1))).toEqual([
    1000, 2000, 4000, 32_000, 60_000, 60_000,
  ]);
  expect([backOff(0, 0), backOff(3, 0)]).toEqual([500, 4000]);
});

test("a pause ends after its time, or with its signal, and never rejects", async () => {
  const { signal } = new AbortController();
  const begun = performance.now();
  await pause(50, signal);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(49);
  await pause(60_000, AbortSignal.timeout(20));
  await pause(60_000, AbortSignal.abort());
  await pause(-1, signal);
  await untilAborted(AbortSignal.timeout(20));
  await untilAborted(AbortSignal.abort());
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test("an installed package offers what a clone does", async () => {
  const offered = await import("../../src/adapter/index.ts");
  const entry: object = await import(new URL("../../src/adapter/entry.js", import.meta.url).href);
  expect(Object.keys(entry).sort()).toEqual(Object.keys(offered).sort());
});
