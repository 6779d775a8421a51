import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createMemoryHost } from "../../src/conformance/memory-host.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");

describe.skipIf(absent)(`rules of an SMS channel${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc();
  const sent = async () => (await suite.smsc.texts()).map(({ text }) => text);

  test("what cannot go as a text is refused, in words for the agent, before anything leaves", async () => {
    const channel = await suite.start();
    const file = { name: "plan.pdf", type: "application/pdf", open: async () => Readable.from([]) };
    expect(await channel.fail("voici", { attachments: [file] })).toBe("SMS_FILES (rejected)");
    expect(await channel.fail(" \n")).toBe("SMS_EMPTY (rejected)");
    expect(await channel.fail("a".repeat(153 * 6 + 1))).toBe("SMS_TOO_LONG (rejected)");
    for (const address of ["36111", "INFO-TAXI"])
      expect(await channel.fail("bonjour", { to: { address } })).toBe("SMS_NOT_ANSWERABLE (rejected)");
    expect(await sent()).toEqual([]);
    await channel.send("a".repeat(153 * 6));
    expect((await sent()).length).toBe(1);
  });

  test("short codes and names are shown and marked", async () => {
    const channel = await suite.start();
    await suite.smsc.order("mo", { text: "code 1234", from: "36111", from_ton: 3 });
    await suite.smsc.order("mo", { text: "colis", from: "INFO-TAXI", from_ton: 5 });
    await until(() => channel.host.taken.length === 2);
    for (const { from, automatic, remarks } of channel.host.taken) {
      expect(["36111", "INFO-TAXI"]).toContain(from.address);
      expect(automatic).toBe(true);
      expect(remarks?.[0]).toContain("cannot be answered");
    }
  });

  test("after STOP nothing is sent, until START", async () => {
    const channel = await suite.start();
    await suite.smsc.order("mo", { text: "STOP", from: "33612345678" });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.remarks?.join()).toContain("wants no more texts");
    expect(await channel.fail("encore")).toBe("SMS_STOPPED (rejected)");
    await channel.send("à un autre", { to: { address: "+33698765432" } });
    await suite.smsc.order("mo", { text: "Start", from: "33612345678" });
    await until(() => channel.host.taken.length === 2);
    await channel.send("merci");
    expect(await sent()).toEqual(["à un autre", "merci"]);
    expect([...channel.host.notesKept].join()).not.toContain("612345678");
  });

  test("in quiet hours only what a person writes leaves", async () => {
    const quiet_hours = { from: "00:00", to: "23:59", time_zone: "UTC" };
    const night = { ...createMemoryHost(), now: () => new Date("2026-11-25T03:00:00Z") };
    const other = await suite.start({}, { quiet_hours }, night);
    expect(await other.fail("reçu", { automatic: true })).toBe("SMS_QUIET_HOURS (retry)");
    await other.send("de l’agent");
    expect(await sent()).toEqual(["de l'agent"]);
  });

  test("a limit makes texts wait", async () => {
    const channel = await suite.start({}, { limits: { per_minute: 2 } });
    await channel.send("un");
    await channel.send("deux");
    expect(await channel.fail("trois")).toBe("SMS_LIMIT_MINUTE (retry)");
  });

  test("a text that misses a part is shown with its gap, and whole when the part comes", async () => {
    const channel = await suite.start({}, { parts_wait_seconds: 1 });
    const text = "abcdefghij".repeat(100);
    const parts = { text, ref: 9, concat: "udh8", coding: "gsm7" };
    await suite.smsc.order("mo", { ...parts, order: "7,1,3,4,6,5" });
    await until(() => channel.host.taken.length === 1);
    expect(channel.host.taken[0]?.text).toContain("[… part 2 of 7 is missing …]");
    expect(channel.host.taken[0]?.remarks?.join()).toContain("1 of 7 parts are missing");
    await suite.smsc.order("mo", { ...parts, order: "2" });
    await until(() => channel.host.taken.length === 2);
    expect(channel.host.taken[1]?.text).toBe(text);
    expect(await suite.smsc.tell("lint", {}, z.array(z.unknown()))).toEqual([]);
  });
});
