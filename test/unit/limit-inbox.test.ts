import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { InboundMessage } from "../../src/adapter/index.ts";
import { limitInbox } from "../../src/channel/limit-inbox.ts";

const messageWith = (content: Readable): InboundMessage => ({
  dedupeKey: "k",
  from: { address: "anna" },
  to: "hall",
  receivedAt: new Date(),
  text: "Words",
  thread: { references: [] },
  automatic: false,
  attachments: [{ type: "text/plain", inline: false, content }],
});

test("a channel stores a few arrivals at a time, some wait, and the rest is to come again", async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const limited = limitInbox(
    {
      accept: async () => {
        most = Math.max(
          most,
          waiting.push(() => undefined),
        );
        await new Promise<void>((resolve) => (waiting[waiting.length - 1] = resolve));
        return "accepted";
      },
      numberOf: async () => undefined,
      receipt: async () => "applied",
    },
    { crowds: () => false, atOnce: 2, waiting: 3 },
  );
  const streams = Array.from({ length: 6 }, () => Readable.from(["x"]));
  const offers = streams.map((content) => limited.accept(messageWith(content)));
  await expect(offers[5]).rejects.toMatchObject({ code: "CHANNEL_BUSY" });
  expect(streams[5]?.destroyed).toBe(true);
  expect(waiting).toHaveLength(2);
  for (let released = 0; released < 5; released += 1) {
    waiting[released]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await Promise.all(offers.slice(0, 5))).toEqual(Array(5).fill("accepted"));
});

test("a channel that crowds others stores one arrival at a time, with a rest after each", async () => {
  let [crowds, stored, atOnce, most] = [true, 0, 0, 0];
  const limited = limitInbox(
    {
      accept: async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await sleep(10);
        atOnce -= 1;
        stored += 1;
        return "accepted";
      },
      receipt: async () => "applied",
      numberOf: async () => undefined,
    },
    { crowds: () => crowds },
  );
  const offers = Array.from({ length: 12 }, () => limited.accept(messageWith(Readable.from(["x"]))));
  await Promise.all(offers.slice(0, 3));
  expect([most, stored]).toEqual([1, 3]);
  crowds = false;
  expect(await Promise.all(offers)).toEqual(Array(12).fill("accepted"));
  expect(most).toBeGreaterThan(1);
});

test("of a channel that crowds others, arrivals for which somebody waits are stored a few at a time", async () => {
  let [atOnce, most] = [0, 0];
  const limited = limitInbox(
    {
      accept: async () => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await sleep(5);
        atOnce -= 1;
        return "accepted";
      },
      receipt: async () => "applied",
      numberOf: async () => undefined,
    },
    { crowds: () => true },
  );
  const awaited = () => limited.accept({ ...messageWith(Readable.from(["x"])), isNumbered: true });
  expect(await Promise.all(Array.from({ length: 40 }, awaited))).toEqual(Array(40).fill("accepted"));
  expect(most).toBe(16);
});
