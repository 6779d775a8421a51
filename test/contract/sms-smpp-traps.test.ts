import { describe, expect, test } from "vitest";
import { z } from "zod";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { makeSmscCertificates } from "../support/smsc-certificates.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");
const lines = z.array(z.looseObject({ hex: z.string().optional(), dir: z.string().optional() }));

/** The traps of SMPP clients that were seen with others (RECIPES-SMS.md, section 7). */
describe.skipIf(absent)(`traps of SMPP${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc();
  const sentBy = async (command: string) => {
    const found = await suite.smsc.tell("log", { has: `"cmd":"${command}"` }, lines);
    return found.filter(({ dir }) => dir === "in").map(({ hex = "" }) => hex.replace(/\s/g, "").toLowerCase());
  };

  test("the bind names version 3.4, and plain text is data_coding 0", async () => {
    const channel = await suite.start();
    await channel.send("plain");
    const [bind = ""] = await sentBy("bind_transceiver");
    expect(bind.endsWith("34000000")).toBe(true);
    expect(await suite.smsc.tell("messages", {}, z.array(z.looseObject({ data_coding: z.number() })))).toMatchObject([
      { data_coding: 0 },
    ]);
  });

  test("a refusal has 17 octets", async () => {
    const channel = await suite.start();
    channel.host.answer = () => {
      throw new Error("the store is away");
    };
    await suite.smsc.order("mo", { text: "non", retries: 0 });
    await expect
      .poll(async () => (await sentBy("deliver_sm_resp")).at(-1))
      .toMatch(/^000000118000000500000064[0-9a-f]{8}00$/);
  });

  const header = (length: string, sequence: string) => `${length} 00000005 00000000 ${sequence}`;
  const ends = "00 0101 33333600 0101 313200";

  test.each([
    ["inside a field", `${header("0000001e", "0000aa01")} ${ends}`, "80000005000000020000aa01"],
    [
      "past its end, by sm_length",
      `${header("0000002a", "0000aa02")} ${ends} 00 00 00 00 00 00 00 00 00 ff 6f6b`,
      "80000005000000020000aa02",
    ],
    [
      "past its end, by a parameter",
      `${header("00000030", "0000aa03")} ${ends} 00 00 00 00 00 00 00 00 00 02 6f6b 0424 00ff 61 62`,
      "80000005000000c00000aa03",
    ],
  ])("a deliver_sm that is cut %s is refused, and not taken for whole", async (_where, hex, answer) => {
    const channel = await suite.start();
    const octets = hex.replace(/\s/g, "");
    const length = (octets.length / 2).toString(16).padStart(8, "0");
    await suite.smsc.order("raw", { hex: length + octets.slice(8) });
    await expect.poll(async () => (await sentBy("deliver_sm_resp")).join()).toContain(answer);
    await suite.smsc.order("mo", { text: "suivant" });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.text).toBe("suivant");
  });

  test.each(["00000004000000050000000000000001", "7f000000000000050000000000000001"])(
    "an impossible length ends the connection, and a new one is made: %s",
    async (hex) => {
      const channel = await suite.start();
      await suite.smsc.order("raw", { hex });
      await suite.smsc.order("mo", { text: "après", retries: 5, retry_ms: 300 });
      await until(() => channel.host.taken.length === 1, 20_000);
      expect(channel.host.taken[0]?.text).toBe("après");
    },
    30_000,
  );

  test("what nobody asked for is answered or passed over", async () => {
    const channel = await suite.start();
    // An answer to nothing, an alert_notification, an unknown command.
    await suite.smsc.order("raw", { hex: "00000011800000040000000000000fff00" });
    await suite.smsc.order("raw", { hex: "00000010000001020000000000000001" });
    await suite.smsc.order("raw", { hex: "00000010000000770000000000000002" });
    await expect.poll(async () => (await sentBy("generic_nack")).join()).toContain("800000000000000300000002");
    expect(await channel.send("toujours là")).toMatch(/^\d+$/);
  });

  test("a PDU of 50,000 octets is read", async () => {
    const channel = await suite.start();
    const text = "é".repeat(50_000);
    await suite.smsc.order("mo", { text, coding: "latin1", concat: "payload" });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.text).toBe(text);
  });

  test("TLS: a client certificate where one is asked for; a wrong authority is refused", async () => {
    const certificates = await makeSmscCertificates();
    const options = ["--tls", certificates.server, "--tls-client-ca", certificates.clientCa];
    const secure = await suite.program.start(options);
    try {
      const own = { port: secure.port, host: "localhost", tls: "implicit" };
      const without = await suite.begin({ ...own, ca: certificates.ca });
      const stranger = await suite.begin({ ...own, ...certificates.client });
      const channel = await suite.start({ ...own, ca: certificates.ca, ...certificates.client });
      expect(await channel.send("par TLS, à vous")).toMatch(/^\d+$/);
      expect((await secure.texts()).map(({ text }) => text)).toEqual(["par TLS, à vous"]);
      for (const each of [without, stranger]) await until(() => each.bridge.health().state === "degraded");
      // In TLS 1.3 a client that lacks a certificate learns it only after the handshake.
      expect(without.bridge.health().reason).toMatch(/^SMPP_(TLS|CONNECT)$/);
      expect(stranger.bridge.health().reason).toBe("SMPP_TLS");
      expect(await secure.lint()).toEqual([]);
    } finally {
      await secure.kill();
      await certificates.remove();
    }
  }, 60_000);

  test("stop ends sockets and timers, twice is once", async () => {
    const channel = await suite.start();
    await channel.send("dernier");
    const before = JSON.stringify(await suite.smsc.tell("state", {}, z.unknown()));
    await channel.bridge.stop(AbortSignal.timeout(5_000));
    await channel.bridge.stop(AbortSignal.timeout(5_000));
    expect(channel.bridge.health().state).toBe("stopped");
    expect(before).toContain("TRX");
    expect(await channel.fail("trop tard")).toBe("SMPP_CONNECT (retry)");
    const state = await suite.smsc.tell("state", {}, z.unknown());
    expect(JSON.stringify(state)).not.toContain("TRX");
  });

  test("stop waits for the answer of a text on its way", async () => {
    const channel = await suite.start();
    await suite.smsc.order("delay", { ms: 800, count: 1 });
    const sending = channel.send("en route");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await channel.bridge.stop(AbortSignal.timeout(5_000));
    expect(await sending).toMatch(/^\d+$/);
  });
});
