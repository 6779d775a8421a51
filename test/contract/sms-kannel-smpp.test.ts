import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type KannelSmsc, startKannelSmsc } from "../support/kannel-smsc.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { type SmsChannel, startSmsChannel } from "../support/sms-channel.ts";

const absent = missing("kannel-extras");
const TEXTS = 300;

describe.skipIf(absent)(`an SMSC on Kannel's SMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  let smsc: KannelSmsc;
  let channel: SmsChannel;
  beforeEach(async () => {
    smsc = await startKannelSmsc(TEXTS);
    channel = await startSmsChannel({ smpp: { port: smsc.port, bind: "pair", enquire_seconds: 1 } });
    await until(() => ["bind_transmitter", "bind_receiver"].every((kind) => count(kind) === 1));
  });
  afterEach(async () => {
    await channel.stop();
    await smsc.stop();
  });
  const count = (kind: string) => smsc.handled().filter((each) => each === kind).length;

  test("texts in: each once, in order, answered, and every enquire_link between them", async () => {
    await until(() => count("deliver_sm_resp") === TEXTS, 20_000);
    expect(channel.host.taken.map(({ text }) => text)).toEqual(Array.from({ length: TEXTS }, (_, at) => `${at + 1}`));
    expect(channel.host.taken[0]).toMatchObject({ from: { address: "456" }, to: "123" });
    await until(() => count("enquire_link_resp") === TEXTS);
  }, 30_000);

  test("texts out, short and in parts, of which it names none; then leave is taken", async () => {
    await channel.send("Bonjour, prix 5 EUR");
    expect(smsc.log()).toContain("short_message = <Bonjour, prix 5 EUR>");
    expect(await channel.send("a".repeat(400), { deliveryId: "d-no-name" })).toBe("d-no-name");
    await channel.send("Документы ".repeat(30));
    expect(count("submit_sm")).toBe(1 + 3 + 5);
    await until(() => count("enquire_link") >= 2);
    await channel.stop();
    await until(() => count("unbind") === 2);
    expect(smsc.log()).not.toMatch(/unpacking failed|Unhandled|garbage|ERROR/);
  }, 30_000);
});
