import { describe, expect, test } from "vitest";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import type { SmsChannel } from "../support/sms-channel.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");

describe.skipIf(absent)(`an SMSC on jSMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc();
  const start: typeof suite.start = (...settings) => suite.start(...settings);
  const isBack = (channel: SmsChannel) =>
    expect.poll(() => channel.send("de retour").catch(() => ""), { timeout: 10_000 }).toMatch(/^\d+$/);
  const written = (channel: SmsChannel) => channel.host.taken.map(({ text }) => text);

  test.each(["transceiver", "pair"])("a text goes out and one comes in: %s", async (bind) => {
    const channel = await start({ bind });
    const id = await channel.send("Bonjour à tous, 5 € [x]");
    expect(id).toMatch(/^\d+$/);
    expect((await suite.smsc.texts()).map(({ text }) => text)).toEqual(["Bonjour à tous, 5 € [x]"]);
    await suite.smsc.order("mo", { text: "Merci « é » 😀", coding: "ucs2", from: "33698765432", to: "33700000000" });
    await until(() => channel.host.taken.length === 1);
    const [taken] = channel.host.taken;
    expect(taken).toMatchObject({
      from: { address: "+33698765432" },
      text: "Merci « é » 😀",
      automatic: false,
      remarks: [],
    });
    expect(await suite.smsc.lint()).toEqual([]);
  });

  test.each([
    ["gsm7", "Où est-ce ? 5 € {x}"],
    ["latin1", "café Ñ"],
    ["ucs2", "Привет 😀"],
    ["ascii", "plain"],
  ])("texts come in %s", async (coding, text) => {
    const channel = await start();
    await suite.smsc.order("mo", { text, coding });
    await until(() => channel.host.taken.length === 1);
    expect(written(channel)).toEqual([text]);
  });

  test.each(["udh8", "udh16", "sar"])("long answers are joined by the phone: %s", async (concatenation) => {
    const channel = await start({ concatenation });
    const latin = "Les pièces à fournir sont les suivantes, 5 € [liste] : ".repeat(8).trim();
    const cyrillic = "Необходимые документы 😀 ".repeat(10).trim();
    await channel.send(latin);
    await channel.send(cyrillic);
    expect((await suite.smsc.texts()).map(({ text, complete }) => [text, complete])).toEqual([
      [latin, true],
      [cyrillic, true],
    ]);
    expect(await suite.smsc.lint()).toEqual([]);
  });

  test.each([
    ["udh8", "shuffle", 0],
    ["udh16", "reverse", 0],
    ["sar", "shuffle", 0],
    ["udh8", "2,1,1,3,4,5", 0],
    ["udh8", "shuffle", 1],
    ["udh16", "shuffle", 1],
  ])("long texts are put together: %s, %s, cut anywhere %i", async (concat, order, naive) => {
    const channel = await start();
    const text = "Ünïcode 😀😀 long message. ".repeat(10);
    await suite.smsc.order("mo", { text, coding: "ucs2", concat, order, naive, ref: 258 });
    await until(() => channel.host.taken.length === 1);
    expect(written(channel)).toEqual([text]);
    const latin = "€€€ {[]} à ".repeat(40);
    await suite.smsc.order("mo", {
      text: latin,
      coding: "gsm7",
      concat,
      order: order === "reverse" ? order : "shuffle",
      naive,
    });
    await until(() => channel.host.taken.length === 2);
    expect(written(channel)[1]).toBe(latin);
    expect(await suite.smsc.lint()).toEqual([]);
  });

  test("a text in message_payload, and one by data_sm", async () => {
    const channel = await start();
    await suite.smsc.order("mo", { text: "p".repeat(300), concat: "payload" });
    await suite.smsc.order("mo", { text: "par data_sm", via: "data_sm" });
    await until(() => channel.host.taken.length === 2);
    expect(written(channel).sort()).toEqual(["par data_sm", "p".repeat(300)]);
  });

  test("what the inbox does not take comes again, and is one message", async () => {
    const channel = await start();
    let refusals = 0;
    channel.host.answer = () => {
      refusals += 1;
      if (refusals <= 2) throw new Error("the store is away");
      return undefined;
    };
    await suite.smsc.order("mo", { text: "encore", retries: 5, retry_ms: 100 });
    await until(() => channel.host.taken.length === 1);
    expect(refusals).toBe(3);
    expect(written(channel)).toEqual(["encore"]);
    expect(await suite.smsc.lint()).toEqual([]);
  });

  test("equal words twice are two messages, the same one again is not", async () => {
    const channel = await start();
    await suite.smsc.order("mo", { text: "oui" });
    await until(() => channel.host.taken.length === 1);
    await suite.smsc.order("mo", { text: "oui" });
    await until(() => channel.host.taken.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(channel.host.notesKept.get("smpp-unconfirmed")).toBe("[]");
    // Stored, but the connection ends before the SMSC has the answer.
    channel.host.answer = async () => {
      channel.host.answer = () => undefined;
      await suite.smsc.order("drop", { when: "now", rst: 1 });
      return undefined;
    };
    await suite.smsc.order("mo", { text: "non", retries: 5, retry_ms: 200 });
    await until(() => channel.bridge.health().state === "up" && channel.host.taken.length === 3);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(written(channel)).toEqual(["oui", "oui", "non"]);
  });

  test.each([
    ["ESME_RTHROTTLED", "SMPP_THROTTLED (retry)"],
    ["ESME_RMSGQFUL", "SMPP_QUEUE_FULL (retry)"],
    ["ESME_RINVDSTADR", "SMPP_ADDRESS (rejected)"],
    ["ESME_RSYSERR", "SMPP_UNKNOWN (unknown)"],
    ["ESME_RINVSRCADR", "SMPP_SENDER (rejected)"],
  ])("%s means %s", async (status, ending) => {
    const channel = await start();
    await suite.smsc.order("error", { status });
    expect(await channel.fail("essai")).toBe(ending);
    expect(await channel.send("essai")).toMatch(/^\d+$/);
  });

  test("no answer, a cut connection and an aborted attempt are unknown", async () => {
    const channel = await start({ answer_seconds: 1 });
    await suite.smsc.order("silent", { count: 1 });
    expect(await channel.fail("muet")).toBe("SMPP_NO_ANSWER (unknown)");
    await suite.smsc.order("silent", { count: 1 });
    expect(await channel.fail("muet", {}, AbortSignal.timeout(200))).toBe("SMPP_NO_ANSWER (unknown)");
    await suite.smsc.order("drop", { when: "before" });
    expect(await channel.fail("coupé")).toBe("SMPP_CUT (unknown)");
    expect(await channel.fail("sans lien")).toBe("SMPP_CONNECT (retry)");
    await isBack(channel);
  });

  test("a part that is refused for now is tried again; one that is refused for good leaves the text in pieces", async () => {
    const channel = await start();
    const long = "a".repeat(400);
    await suite.smsc.order("tps", { max: 2 });
    await channel.send(long);
    await suite.smsc.order("tps", { max: 0 });
    expect((await suite.smsc.texts()).map(({ text, complete }) => [text, complete])).toEqual([[long, true]]);
    await suite.smsc.order("delay", { ms: 300, count: 1 });
    const ending = channel.fail(long);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await suite.smsc.order("error", { status: "ESME_RINVDSTADR", count: 1 });
    expect(await ending).toBe("SMS_IN_PIECES (unknown)");
  });

  test("the SMSC is away, refuses the login, or takes leave: it heals", async () => {
    const channel = await start();
    await suite.smsc.order("unbind");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await isBack(channel);
    await suite.smsc.order("listen", { on: 0 });
    await suite.smsc.order("drop", { when: "now" });
    await until(() => channel.bridge.health().state === "degraded");
    expect(channel.bridge.health().reason).toBe("SMPP_CONNECT");
    await suite.smsc.order("listen", { on: 1 });
    await until(() => channel.bridge.health().state === "up", 20_000);
    const other = await suite.begin({ password: "wrong" });
    await until(() => other.bridge.health().state === "degraded");
    expect(other.bridge.health().reason).toBe("SMPP_AUTH");
    expect(await other.fail("refusé")).toBe("SMPP_CONNECT (retry)");
  }, 60_000);

  test("a connection that is silent is given up and made anew", async () => {
    const channel = await start({ enquire_seconds: 1, answer_seconds: 1 });
    await suite.smsc.order("silent", { on: "enquire_link", count: 1 });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await isBack(channel);
  });

  test("octets come one at a time, answers late and out of order", async () => {
    const channel = await start({ window: 10 });
    await suite.smsc.order("fragment", { bytes: 1 });
    await suite.smsc.order("delay", { ms: 20, jitter: 300, count: 20 });
    const ids = await Promise.all(Array.from({ length: 20 }, (_, place) => channel.send(`texte ${place}`)));
    expect(new Set(ids).size).toBe(20);
    await suite.smsc.order("mo", { text: "en miettes" });
    await until(() => channel.host.taken.length === 1);
    expect(await suite.smsc.lint()).toEqual([]);
  });
});
