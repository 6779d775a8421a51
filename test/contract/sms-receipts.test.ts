import { describe, expect, test } from "vitest";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");

describe.skipIf(absent)(`receipts of an SMSC on jSMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc();

  test.each([
    ["standard", 1],
    ["standard", 0],
    ["lower", 0],
    ["short", 0],
    ["seconds", 0],
    ["empty", 1],
  ])("style %s, with parameters %i", async (style, tlv) => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 50, style, tlv });
    const id = await channel.send("stat:UNDELIV id:7");
    await until(() => channel.host.receipts.length === 1);
    expect(channel.host.receipts[0]).toMatchObject({ state: "delivered", code: "SMS_DELIVERED" });
    expect(channel.host.receipts[0]?.about.remoteIds?.[0]).toBe(id);
    expect(channel.host.taken).toEqual([]);
    expect(await suite.smsc.lint()).toEqual([]);
  });

  test.each([
    ["UNDELIV", "failed", "SMS_UNDELIVERABLE"],
    ["EXPIRED", "failed", "EXPIRED"],
    ["REJECTD", "failed", "SMS_REJECTED"],
    ["DELETED", "failed", "SMS_DELETED"],
    ["ENROUTE", "delayed", "SMS_DELAYED"],
    ["UNKNOWN", "delayed", "SMS_STATE_UNKNOWN"],
  ])("%s is %s", async (word, state, code) => {
    const channel = await suite.start();
    for (const tlv of [0, 1]) {
      await suite.smsc.order("dlr", { ms: 20, state: word, err: "021", tlv });
      await channel.send("essai");
      await until(() => channel.host.receipts.length === tlv + 1);
      expect(channel.host.receipts[tlv]).toMatchObject({ state, code });
      if (state === "failed") expect(channel.host.receipts[tlv]?.remoteAnswer).toBe(`stat:${word} err:021`);
    }
  });

  test("ACCEPTD is no news", async () => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 20, state: "ACCEPTD,DELIVRD" });
    await channel.send("essai");
    await until(() => channel.host.receipts.length === 1);
    expect(channel.host.receipts[0]?.state).toBe("delivered");
  });

  test.each([
    ["hex", "dec", "decimal"],
    ["hex", "pad", "decimal"],
    ["hex", "HEX", "auto"],
    ["dec", "hex", "hexadecimal"],
    ["dec", "HEX", "hexadecimal"],
    ["dec", "pad", "auto"],
  ])("ids are %s in answers and %s in receipts (receipt_ids: %3$s)", async (form, id, receipt_ids) => {
    const channel = await suite.start({ receipt_ids });
    await suite.smsc.order("ids", { form });
    await suite.smsc.order("dlr", { ms: 20, id, tlv: 0 });
    const sent = await channel.send("essai");
    await until(() => channel.host.receipts.length === 1);
    expect(channel.host.receipts[0]?.about.remoteIds).toContain(sent);
  });

  test("a receipt that overtakes the answer waits for it", async () => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 0, before: 1 });
    let known = "";
    let asked = 0;
    channel.host.knows = () => {
      asked += 1;
      return known !== "" && channel.host.receipts.at(-1)?.about.remoteIds?.includes(known) ? "applied" : "unknown";
    };
    known = await channel.send("essai");
    await until(() => channel.host.knows() === "applied");
    expect(asked).toBeGreaterThan(1);
  });

  test("a store that is away gets the receipt again", async () => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 20 });
    let tries = 0;
    channel.host.knows = () => {
      tries += 1;
      if (tries === 1) throw new Error("the store is away");
      return "applied";
    };
    await channel.send("essai");
    await until(() => tries === 2, 20_000);
  }, 30_000);

  test("a text in parts is delivered when all are, and failed when one is", async () => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 100, copies: 2 });
    await channel.send("a".repeat(400), { deliveryId: "d-one" });
    await until(() => channel.host.receipts.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(new Set(channel.host.receipts.map(({ state, about }) => `${state} ${about.deliveryIds}`))).toEqual(
      new Set(["delivered d-one"]),
    );
    channel.host.receipts.length = 0;
    await suite.smsc.order("dlr", { ms: 100, state: "UNDELIV" });
    await channel.send("a".repeat(400), { deliveryId: "d-two" });
    await until(() => channel.host.receipts.length === 3);
    expect(channel.host.receipts[0]).toMatchObject({ state: "failed", about: { deliveryIds: ["d-two"] } });
  });

  test("receipts come after a restart, too", async () => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 1_000 });
    await channel.send("a".repeat(400), { deliveryId: "d-three" });
    await channel.stop();
    const again = await suite.start({}, {}, createMemoryHost(channel.host.notesKept));
    await until(() => again.host.receipts.length === 1);
    expect(again.host.receipts[0]?.about.deliveryIds).toEqual(["d-three"]);
  });
});
