import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { holdLease } from "../../src/channel/lease.ts";
import { createMemoryHost, type MemoryHost } from "../../src/conformance/memory-host.ts";
import { channelId } from "../../src/domain/ids.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { missing } from "../support/needs.ts";
import { until } from "../support/patience.ts";
import type { SmsChannel } from "../support/sms-channel.ts";
import { useSmsc } from "../support/smsc-suite.ts";

const absent = missing("jsmpp-smsc");
const log = pino({ level: "silent" });

/** Each process is a channel of its own around the same notes, with the lease of a real store. */
describe.skipIf(absent)(`several processes on one SMPP channel${absent === undefined ? "" : ` (${absent})`}`, () => {
  const suite = useSmsc();
  let folder: string;
  let store: Store;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-sms-processes-"));
    store = await openStore({ dataFolder: folder }, log);
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await rm(folder, { recursive: true, force: true });
  });

  let channels = 0;
  const openProcesses = (smpp: Record<string, unknown> = {}) => {
    const channel = channelId(`sms-${++channels}`);
    const notes = new Map<string, string>();
    const inbox = new Map<string, string>();
    const open = async (): Promise<SmsChannel> => {
      const ending = new AbortController();
      const host: MemoryHost = {
        ...createMemoryHost(notes),
        lease: (name, run) =>
          holdLease({ database: store.database, channel, log, stop: ending.signal, leaseMs: 1_500 }, name, run),
        end: () => ending.abort(),
      };
      // One inbox behind all of them.
      host.inbox.accept = async ({ dedupeKey, text }) => {
        if (inbox.has(dedupeKey)) return "duplicate";
        inbox.set(dedupeKey, text);
        return "accepted";
      };
      return suite.begin({ enquire_seconds: 1, ...smpp }, {}, host);
    };
    return { open, texts: () => [...inbox.values()] };
  };
  const isUp = (channel: SmsChannel) => until(() => channel.bridge.health().state === "up", 20_000);
  const commandsIn = async (command: string) =>
    (await suite.smsc.tell("log", { has: `"cmd":"${command}"` }, z.array(z.looseObject({ dir: z.string() })))).filter(
      ({ dir }) => dir === "in",
    ).length;
  const write = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, place) =>
        suite.smsc.order("mo", {
          ...{ text: `${from + place} ${"é".repeat(place % 3 === 0 ? 200 : 5)}`, coding: "ucs2", concat: "udh8" },
          ...{ from: `3361200${1000 + from + place}`, ref: from + place, retries: 200, retry_ms: 100 },
        }),
      ),
    );
  const numbersIn = (texts: readonly string[]) => texts.map((text) => Number(text.split(" ")[0]));

  test("one receives, both send; when it stops the other receives, and nothing is lost or doubled", async () => {
    const { open, texts } = openProcesses();
    const first = await open();
    await isUp(first);
    const second = await open();
    await isUp(second);
    expect([await commandsIn("bind_transceiver"), await commandsIn("bind_transmitter")]).toEqual([1, 1]);
    expect(await first.send("du premier")).toMatch(/^\d+$/);
    expect(await second.send("du second")).toMatch(/^\d+$/);
    // Receipts come where texts come.
    await until(() => first.host.receipts.length === 2);
    expect(second.host.receipts).toEqual([]);
    await write(0, 20);
    await until(() => texts().length === 20);

    const writing = write(20, 60);
    await first.stop();
    await writing;
    await until(() => texts().length === 60, 30_000);
    expect(numbersIn(texts()).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, place) => place));
    // It took leave of its transmitter before it became a transceiver.
    expect([await commandsIn("bind_transceiver"), await commandsIn("unbind")]).toEqual([2, 2]);
    expect(await second.send("du second, seul")).toMatch(/^\d+$/);
    expect(second.bridge.health().state).toBe("up");
  }, 60_000);

  test("where the SMSC allows one connection, the other says so, sends nothing, and takes over", async () => {
    await suite.smsc.order("maxbinds", { max: 1 });
    const { open } = openProcesses();
    const first = await open();
    await isUp(first);
    const second = await open();
    await until(() => second.bridge.health().reason === "SMPP_BOUND_ELSEWHERE", 20_000);
    expect(await second.fail("pas encore")).toBe("SMPP_CONNECT (retry)");
    expect(await first.send("du premier")).toMatch(/^\d+$/);
    await first.stop();
    await isUp(second);
    await expect.poll(() => second.send("du second").catch(() => ""), { timeout: 10_000 }).toMatch(/^\d+$/);
  }, 60_000);

  test("in pairs, each has a transmitter, and one the receiver", async () => {
    const { open } = openProcesses({ bind: "pair" });
    const both = [await open(), await open()];
    for (const each of both) await isUp(each);
    await until(async () => (await commandsIn("bind_receiver")) === 1);
    expect(await commandsIn("bind_transmitter")).toBe(2);
    for (const each of both) expect(await each.send("bonjour")).toMatch(/^\d+$/);
  }, 60_000);
});
