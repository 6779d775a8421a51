import { expect, test } from "vitest";
import { decodeUcs2, joinParts } from "../../bridges/sms/join-parts.ts";
import { createReassembler, type JoinedText } from "../../bridges/sms/reassemble.ts";
import { createInOrder } from "../../src/domain/in-order.ts";
import { seededRandom } from "../support/seeded-random.ts";

/** A reassembler with a clock, a store that can be away, and an inbox that knows its keys. */
function createDesk(kept = new Map<string, string>()) {
  const delivered: JoinedText[] = [];
  const keys = new Set<string>();
  const desk = {
    now: 1_000_000,
    isAway: false,
    kept,
    delivered,
    keys,
    start: () =>
      createReassembler({
        notes: {
          get: async (key) => kept.get(key),
          set: async (key, value) => {
            if (desk.isAway) throw new Error("the store is away");
            kept.set(key, value);
          },
        },
        now: () => new Date(desk.now),
        waitMs: 60_000,
        inOrder: createInOrder(),
        sayGap: (first, last, of) => `[${first}-${last}/${of}]`,
        deliver: async (text) => {
          if (desk.isAway) throw new Error("the store is away");
          if (keys.has(text.key)) return "duplicate";
          keys.add(text.key);
          delivered.push(text);
          return "accepted";
        },
      }),
  };
  return desk;
}

const LETTERS = "abcdefghij";
const partOf = (number: number, reference = "8:7", of = 10) => ({
  ...{ id: undefined, from: "+33612345678", to: "+33700000000", at: new Date() },
  text: LETTERS.charAt(number - 1),
  part: { reference, of, number },
});

test("ten parts in any order, some twice, with a restart in between, are one text", async () => {
  const random = seededRandom(3);
  for (let round = 0; round < 200; round += 1) {
    const desk = createDesk();
    let reassembler = desk.start();
    const numbers = random.shuffle([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, random.between(1, 10), random.between(1, 10)]);
    for (const number of numbers) {
      if (random.chance(0.2)) reassembler = desk.start();
      await reassembler.take(partOf(number));
    }
    expect(desk.delivered.map(({ text }) => text)).toEqual([LETTERS]);
  }
});

test("one missing: shown with its gap after the time, completed when it comes", async () => {
  const desk = createDesk();
  const reassembler = desk.start();
  for (const number of [10, 2, 1, 4, 5, 6, 9]) await reassembler.take(partOf(number));
  desk.now += 59_000;
  await reassembler.look();
  expect(desk.delivered).toEqual([]);
  desk.now += 1_000;
  await reassembler.look();
  await reassembler.look();
  expect(desk.delivered.map(({ text, missing }) => [text, missing])).toEqual([["ab[3-3/10]def[7-8/10]ij", [3, 7, 8]]]);
  await reassembler.take(partOf(3));
  desk.now += 60_000;
  await reassembler.look();
  expect(desk.delivered.map(({ text }) => text)[1]).toBe("abcdef[7-8/10]ij");
  await reassembler.take(partOf(8));
  await reassembler.take(partOf(7));
  expect(desk.delivered[2]).toMatchObject({ text: LETTERS, missing: [], wasShown: true });
  expect(await reassembler.take(partOf(7))).toBe("duplicate");
  desk.now += 60_000;
  await reassembler.look();
  expect(desk.delivered.length).toBe(3);
});

test("killed at any write: the parts that were not acknowledged come again, and nothing is lost or doubled", async () => {
  for (let allowed = 0; allowed < 20; allowed += 1) {
    const desk = createDesk();
    let writes = 0;
    const notes = new Map<string, string>();
    const set = desk.kept.set.bind(desk.kept);
    desk.kept.set = (key, value) => {
      writes += 1;
      if (writes > allowed) throw new Error("killed");
      return set(key, value);
    };
    expect(notes.size).toBe(0);
    let reassembler = desk.start();
    for (const number of [3, 1, 2]) {
      await reassembler.take(partOf(number, "8:1", 3)).catch(async () => {
        writes = Number.NEGATIVE_INFINITY;
        reassembler = desk.start();
        await reassembler.take(partOf(number, "8:1", 3));
      });
    }
    expect(desk.delivered.map(({ text }) => text)).toEqual(["abc"]);
  }
});

test("a store that is away refuses the part, and takes it when it comes again", async () => {
  const desk = createDesk();
  const reassembler = desk.start();
  await reassembler.take(partOf(1, "8:1", 2));
  desk.isAway = true;
  await expect(reassembler.take(partOf(2, "8:1", 2))).rejects.toThrow("away");
  desk.isAway = false;
  expect(await reassembler.take(partOf(2, "8:1", 2))).toBe("accepted");
  expect(desk.delivered.map(({ text }) => text)).toEqual(["ab"]);
});

test("a reference that is used again belongs to another text", async () => {
  const desk = createDesk();
  const reassembler = desk.start();
  await reassembler.take(partOf(1, "8:1", 2));
  await reassembler.take(partOf(2, "8:1", 2));
  await reassembler.take({ ...partOf(1, "8:1", 2), text: "x" });
  await reassembler.take({ ...partOf(2, "8:1", 2), text: "y" });
  expect(desk.delivered.map(({ text }) => text)).toEqual(["ab", "xy"]);
  await reassembler.take({ ...partOf(1, "8:1", 2), text: "half" });
  desk.now += 25 * 60 * 60 * 1000;
  await reassembler.look();
  await reassembler.take({ ...partOf(2, "8:1", 2), text: "other" });
  desk.now += 60_000;
  await reassembler.look();
  expect(desk.delivered.map(({ text }) => text).slice(2)).toEqual(["half[2-2/2]", "[1-1/2]other"]);
});

test("notes of texts that are over are used again", async () => {
  const desk = createDesk();
  const reassembler = desk.start();
  for (let round = 0; round < 100; round += 1) {
    await reassembler.take(partOf(1, `8:${round}`, 2));
    await reassembler.take(partOf(2, `8:${round}`, 2));
    desk.now += 2 * 60 * 60 * 1000;
    await reassembler.look();
  }
  expect(desk.delivered.length).toBe(100);
  expect(desk.kept.size).toBeLessThan(5);
  expect([...desk.kept.values()].join("")).not.toContain("+336");
});

test("UTF-16 that was cut at any octets is joined", () => {
  const octets = Buffer.from("Ünï 😀 long", "utf16le").swap16();
  for (let first = 0; first <= octets.length; first += 1)
    for (let second = first; second <= octets.length; second += 1) {
      const parts = [octets.subarray(0, first), octets.subarray(first, second), octets.subarray(second)];
      expect(joinParts(parts.map(decodeUcs2))).toBe("Ünï 😀 long");
    }
});
