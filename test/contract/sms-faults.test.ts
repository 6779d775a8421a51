import { describe, expect, test } from "vitest";
import { z } from "zod";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import type { SmsChannel } from "../support/sms-channel.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");

/** Faults of the SMSC's control list that no other test is about. After each one nothing malformed has been sent (smsc-suite). */
describe.skipIf(absent)(`faults of an SMSC on jSMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc(["--user", "bridge:secret", "--user", "other:secret"]);
  const isBack = (channel: SmsChannel) =>
    expect.poll(() => channel.send("de retour").catch(() => ""), { timeout: 20_000 }).toMatch(/^\d+$/);
  const stored = async () => (await suite.smsc.texts()).map(({ text }) => text);
  const binds = async () =>
    (await suite.smsc.tell("log", { has: '"cmd":"bind_transceiver"' }, z.array(z.unknown()))).length;
  const received = (channel: SmsChannel) => channel.host.taken.map(({ text }) => text);
  const reasonOf = (channel: SmsChannel) =>
    expect.poll(() => channel.bridge.health().reason, { timeout: 10_000, interval: 20 });

  test.each([
    ["ESME_RINVSYSID", "SMPP_AUTH"],
    ["ESME_RBINDFAIL", "SMPP_AUTH"],
    ["ESME_RALYBND", "SMPP_BOUND_ELSEWHERE"],
    ["ESME_RSYSERR", "SMPP_BIND"],
    ["ESME_RTHROTTLED", "SMPP_BIND"],
  ])("error on bind, %s: %s, and it is bound when the SMSC lets it", async (status, code) => {
    await suite.smsc.order("error", { on: "bind", status, count: 1 });
    const channel = await suite.begin();
    await reasonOf(channel).toBe(code);
    await isBack(channel);
    expect(channel.bridge.health().state).toBe("up");
  });

  test("error on enquire_link is a sign of life all the same", async () => {
    const channel = await suite.start({ enquire_seconds: 1, answer_seconds: 1 });
    await suite.smsc.order("error", { on: "enquire_link", status: "ESME_RSYSERR", count: -1 });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await channel.send("encore là")).toMatch(/^\d+$/);
    expect(await binds()).toBe(1);
  });

  test("error on everything, and to one prefix alone", async () => {
    const channel = await suite.start();
    await suite.smsc.order("error", { on: "submit_sm", status: "ESME_RINVDSTADR", to: "3369", count: -1 });
    const other = { to: { address: "+33698765432" } };
    expect(await channel.fail("à l'un", other)).toBe("SMPP_ADDRESS (rejected)");
    expect(await channel.send("à l'autre")).toMatch(/^\d+$/);
    await suite.smsc.order("reset");
    await suite.smsc.order("error", { on: "all", status: "ESME_RX_T_APPN", count: 1 });
    expect(await channel.fail("plus tard")).toBe("SMPP_BUSY (retry)");
    expect(await channel.send("à l'un", other)).toMatch(/^\d+$/);
  });

  test.each([
    ["ESME_RX_T_APPN", "SMPP_BUSY (retry)"],
    ["ESME_RINVBNDSTS", "SMPP_CONNECT (retry)"],
    ["ESME_RUNKNOWNERR", "SMPP_UNKNOWN (unknown)"],
    ["ESME_RSUBMITFAIL", "SMPP_REFUSED (rejected)"],
    ["0x00000401", "SMPP_REFUSED (rejected)"],
  ])("error %s is %s", async (status, ending) => {
    const channel = await suite.start();
    await suite.smsc.order("error", { status });
    expect(await channel.fail("essai")).toBe(ending);
    expect(await stored()).toEqual([]);
  });

  test.each([1, 0])("silence on submit_sm is unknown, whether it was stored (%i) or not", async (kept) => {
    const channel = await suite.start({ answer_seconds: 1 });
    await suite.smsc.order("silent", { count: 1, stored: kept });
    expect(await channel.fail("muet")).toBe("SMPP_NO_ANSWER (unknown)");
    expect(await stored()).toEqual(kept === 1 ? ["muet"] : []);
    await isBack(channel);
  });

  test("silence on bind: the connection is given up, and made anew", async () => {
    await suite.smsc.order("silent", { on: "bind", count: 1 });
    const channel = await suite.begin({ answer_seconds: 1 });
    await until(() => channel.bridge.health().state === "up", 20_000);
  }, 30_000);

  test("silence on unbind: stop ends all the same", async () => {
    const channel = await suite.start();
    await suite.smsc.order("silent", { on: "unbind", count: -1 });
    const begun = performance.now();
    await channel.stop();
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test.each([
    [{ when: "before", stored: 1 }, "unknown", ["texte"]],
    [{ when: "before", stored: 0 }, "unknown", []],
    [{ when: "before", stored: 1, rst: 1 }, "unknown", ["texte"]],
    [{ when: "after" }, "sent", ["texte"]],
    [{ when: "after", rst: 1 }, "sent", ["texte"]],
  ] as const)(
    "the connection is cut: %j",
    async (fault, ending, texts) => {
      const channel = await suite.start();
      await suite.smsc.order("drop", { ...fault, count: 1 });
      const ended = await channel.send("texte").then(
        () => "sent",
        (error: unknown) => (error instanceof Error ? error.message : ""),
      );
      // An answer may be lost with a connection that is reset right after it.
      if ("rst" in fault && fault.when === "after") expect(["sent", "SMPP_CUT (unknown)"]).toContain(ended);
      else expect(ended).toBe(ending === "sent" ? "sent" : "SMPP_CUT (unknown)");
      expect(await stored()).toEqual(texts);
      await isBack(channel);
    },
    30_000,
  );

  test("cut instead of an answer to the bind, and to enquire_link", async () => {
    await suite.smsc.order("drop", { on: "bind", when: "before", count: 1 });
    const channel = await suite.begin({ enquire_seconds: 1 });
    await isBack(channel);
    await suite.smsc.order("drop", { on: "enquire_link", when: "before", count: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await isBack(channel);
  }, 30_000);

  test("late answers to bind and enquire_link", async () => {
    await suite.smsc.order("delay", { on: "bind", ms: 700, count: 1 });
    await suite.smsc.order("delay", { on: "enquire_link", ms: 700, count: -1 });
    const channel = await suite.start({ enquire_seconds: 1, answer_seconds: 2 });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await channel.send("toujours")).toMatch(/^\d+$/);
    expect(await binds()).toBe(1);
  });

  test("over the number of binds, and when there is room again", async () => {
    await suite.smsc.order("maxbinds", { max: 1 });
    const first = await suite.start();
    const second = await suite.begin();
    await reasonOf(second).toBe("SMPP_BOUND_ELSEWHERE");
    await first.stop();
    await until(() => second.bridge.health().state === "up", 20_000);
    await isBack(second);
  }, 30_000);

  test("connections are accepted and closed at once", async () => {
    const channel = await suite.start();
    await suite.smsc.order("refuse", { on: 1 });
    await suite.smsc.order("drop", { when: "now" });
    await reasonOf(channel).toBe("SMPP_CONNECT");
    expect(await channel.fail("sans lien")).toBe("SMPP_CONNECT (retry)");
    await suite.smsc.order("refuse", { on: 0 });
    await isBack(channel);
  }, 30_000);

  test.each([3, 7, 100])("PDUs come in pieces of %i octets", async (bytes) => {
    const channel = await suite.start();
    await suite.smsc.order("fragment", { bytes });
    await suite.smsc.order("mo", { text: "Ünïcode ".repeat(30), coding: "ucs2", concat: "udh8" });
    await channel.send("réponse");
    await until(() => channel.host.taken.length === 1);
    expect(received(channel)).toEqual(["Ünïcode ".repeat(30)]);
  });

  test("texts with other header elements, unknown parameters, another data_coding, and octets", async () => {
    const channel = await suite.start();
    // A port (3GPP TS 23.040, 9.2.3.24.4) before the concatenation; a vendor's parameter; an alphabet of group 1111.
    const long = "Avec un port. ".repeat(20);
    await suite.smsc.order("mo", { text: long, concat: "udh8", ie: "05040b8423f0", order: "shuffle", size: 100 });
    await suite.smsc.order("mo", { text: "paramètre", coding: "latin1", tlv: "1402:6162,1403:00" });
    await suite.smsc.order("mo", { text: "classe", coding: "gsm7", dc: 0xf1 });
    await suite.smsc.order("mo", { hex: "00ff80", coding: "binary" });
    await suite.smsc.order("mo", { text: "vers un nom", to_ton: 5, to_npi: 0, to: "MAIRIE", gap_ms: 5 });
    await until(() => channel.host.taken.length === 5);
    expect(received(channel).sort()).toEqual(["00ff80", long, "classe", "paramètre", "vers un nom"].sort());
  });

  test.each([
    ["no id in its text", { id: "none", tlv: 0 }, undefined],
    ["the network's error", { neterr: "030015", state: "UNDELIV" }, "stat:UNDELIV err:001 network:3/21"],
    ["esm_class 0", { esm: 0 }, undefined],
    ["esm_class 0x20 (intermediate)", { esm: 0x20, state: "ENROUTE" }, undefined],
    ["copies", { copies: 3 }, undefined],
  ] as const)("a receipt with %s", async (name, rule, answer) => {
    const channel = await suite.start();
    await suite.smsc.order("dlr", { ms: 50, to: "336123", ...rule });
    const id = await channel.send("essai");
    if (name === "no id in its text") {
      await until(
        async () => (await suite.smsc.tell("log", { has: "deliver_sm_resp" }, z.array(z.unknown()))).length > 0,
      );
      expect([channel.host.receipts, channel.host.taken]).toEqual([[], []]);
      return;
    }
    await until(() => channel.host.receipts.length === ("copies" in rule ? 3 : 1));
    expect(channel.host.receipts[0]?.about.remoteIds).toContain(id);
    expect(channel.host.receipts[0]?.remoteAnswer).toBe(answer);
    expect(channel.host.taken).toEqual([]);
  });

  test("names of texts that are no numbers", async () => {
    const channel = await suite.start();
    await suite.smsc.order("ids", { form: "uuid" });
    await suite.smsc.order("dlr", { ms: 50 });
    const id = await channel.send("essai");
    expect(id).toMatch(/^[\da-f]{8}-/);
    await until(() => channel.host.receipts.length === 1);
    expect(channel.host.receipts[0]?.about.remoteIds).toContain(id);
    await suite.smsc.order("ids", { form: "dec" });
  });

  test("a text for another login is not ours", async () => {
    const channel = await suite.start();
    await suite.smsc.order("mo", { text: "pour l'autre", system_id: "other" });
    await suite.smsc.order("mo", { text: "pour nous" });
    await until(() => channel.host.taken.length === 1);
    expect(received(channel)).toEqual(["pour nous"]);
  });
});

describe.skipIf(absent)(`an impatient SMSC on jSMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc(["--enquire-ms", "300", "--response-ms", "3000"]);

  test("asks for a sign of life without end, and gets it, also while a text is stored slowly", async () => {
    const channel = await suite.start({ enquire_seconds: 60 });
    let asked = 0;
    channel.host.answer = async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, asked === 1 ? 4_000 : 0));
      return undefined;
    };
    await suite.smsc.order("mo", { text: "lentement", retries: 5, retry_ms: 100 });
    await until(() => channel.host.taken.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(channel.host.taken.map(({ text }) => text)).toEqual(["lentement"]);
    const signs = await suite.smsc.tell("log", { has: '"cmd":"enquire_link_resp"' }, z.array(z.unknown()));
    expect(signs.length).toBeGreaterThan(3);
    expect(channel.bridge.health().state).toBe("up");
  });
});
