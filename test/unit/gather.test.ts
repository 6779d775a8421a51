import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { gather } from "../../src/domain/gather.ts";

describe("what is asked for while the one before is under way", () => {
  const watch = (fails: (item: number) => boolean = () => false) => {
    const goes: number[][] = [];
    const ask = gather(async (items: readonly number[]) => {
      goes.push([...items]);
      await sleep(5);
      if (items.some(fails)) throw new Error(`fails with ${items}`);
      return items.map((item) => item * 10);
    });
    return { goes, ask };
  };

  test("is done together, each with its own result", async () => {
    const { goes, ask } = watch();
    expect(await Promise.all([1, 2, 3, 4].map(ask))).toEqual([10, 20, 30, 40]);
    expect(goes).toEqual([[1], [2, 3, 4]]);
    expect(await ask(5)).toBe(50);
  });

  test("is done in goes of bounded size, and in the order of asking", async () => {
    const { goes, ask } = watch();
    await Promise.all(Array.from({ length: 120 }, (_, index) => ask(index)));
    expect(goes.map((go) => go.length)).toEqual([1, 50, 50, 19]);
    expect(goes.flat()).toEqual(Array.from({ length: 120 }, (_, index) => index));
  });

  test("fails alone", async () => {
    const { ask } = watch((item) => item === 3);
    const endings = await Promise.allSettled([1, 2, 3, 4].map(ask));
    expect(endings.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(endings[2]).toMatchObject({ reason: new Error("fails with 3") });
  });

  test("is done again after a failure", async () => {
    let isDown = true;
    const ask = gather(async (items: readonly number[]) => {
      if (isDown) throw new Error("down");
      return items;
    });
    await expect(ask(1)).rejects.toThrow("down");
    isDown = false;
    expect(await ask(2)).toBe(2);
  });
});
