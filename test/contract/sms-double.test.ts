import { expect, test } from "vitest";
import { startSmscDouble } from "../../demo/sms/smsc-double.ts";
import { until } from "../support/patience.ts";
import { startSmsChannel } from "../support/sms-channel.ts";

const open = async (smpp: Record<string, unknown> = {}) => {
  const smsc = await startSmscDouble();
  const channel = await startSmsChannel({ smpp: { port: smsc.port, answer_seconds: 1, ...smpp } });
  await until(() => channel.bridge.health().state === "up");
  return {
    smsc,
    channel,
    [Symbol.asyncDispose]: async () => {
      await channel.stop();
      await smsc[Symbol.asyncDispose]();
    },
  };
};

test("texts go out in parts and come in, acknowledged once they are stored", async () => {
  await using both = await open();
  const { smsc, channel } = both;
  expect(await channel.send("a".repeat(200))).toBe("1");
  expect(
    smsc.submitted.map(({ octets }) =>
      octets
        .subarray(0, 6)
        .toString("hex")
        .replace(/^(050003)../, "$1"),
    ),
  ).toEqual(["0500030201", "0500030202"]);
  const waiting = Promise.withResolvers<undefined>();
  channel.host.answer = () => waiting.promise;
  const delivery = smsc.deliver({ octets: Buffer.from("oui") });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(smsc.answers).toEqual([]);
  waiting.resolve(undefined);
  await until(() => smsc.answers.length === 1);
  expect(await delivery).toBe(0);
  expect(smsc.answers).toEqual([0]);
  expect(channel.host.taken.map(({ text }) => text)).toEqual(["oui"]);
});

test("refusals, silence and a cut connection end as they must", async () => {
  await using both = await open();
  const { smsc, channel } = both;
  const endings = [];
  for (const reaction of [0x58, 0x14, 0x0b, 0x45, 0x400, 0x08, "silent", "cut"] as const) {
    smsc.react = () => reaction;
    endings.push(await channel.fail("essai"));
  }
  expect(endings).toEqual([
    "SMPP_THROTTLED (retry)",
    "SMPP_QUEUE_FULL (retry)",
    "SMPP_ADDRESS (rejected)",
    "SMPP_REFUSED (rejected)",
    "SMPP_REFUSED (rejected)",
    "SMPP_UNKNOWN (unknown)",
    "SMPP_NO_ANSWER (unknown)",
    "SMPP_CUT (unknown)",
  ]);
  smsc.react = () => 0;
  await expect.poll(() => channel.send("de retour").catch(() => ""), { timeout: 10_000 }).toMatch(/^\d+$/);
});

test("a text in pieces that is aborted ends in time, as unknown", async () => {
  await using both = await open();
  const { smsc, channel } = both;
  smsc.react = ({ octets }) => (octets[5] === 1 ? 0 : 0x58);
  const begun = performance.now();
  expect(await channel.fail("a".repeat(400), {}, AbortSignal.timeout(700))).toBe("SMS_IN_PIECES (unknown)");
  expect(performance.now() - begun).toBeLessThan(2_000);
  const sending = channel.fail("a".repeat(400));
  await until(() => smsc.submitted.length === 2);
  await channel.bridge.stop(AbortSignal.timeout(500));
  expect(await sending).toBe("SMS_IN_PIECES (unknown)");
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test("a connection that ends at once, again and again, is not asked for without pause", async () => {
  await using both = await open();
  const { smsc, channel } = both;
  const end = Date.now() + 3_000;
  while (Date.now() < end) {
    smsc.cut();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(smsc.binds).toBeLessThan(5);
  expect(channel.bridge.health()).toMatchObject({ state: "degraded", reason: "SMPP_CONNECT" });
});
