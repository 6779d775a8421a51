import { Readable } from "node:stream";
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
    { atOnce: 2, waiting: 3 },
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
