import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Bridge, BridgeHost, OutboundMessage } from "../../src/adapter/index.ts";
import { type Channels, openChannels } from "../../src/channel/open-channels.ts";
import type { Config, ConfiguredChannel } from "../../src/config/config.ts";
import { agencyId, channelId } from "../../src/domain/ids.ts";
import { readStates, writeSwitch } from "../../src/store/channel.ts";
import { openStore, type Store } from "../../src/store/open-store.ts";
import { becomesTrue } from "../support/patience.ts";

/** A bridge in memory that does nothing wrong, but for what a test adds. */
const goodBridge = (): Bridge => ({
  capabilities: { send: true, html: false, subject: false, cc: false, attachmentBytes: 0, repeatable: false },
  start: async () => undefined,
  stop: async () => undefined,
  send: async ({ deliveryId }) => ({ remoteId: `remote-${deliveryId}` }),
  health: () => ({ state: "up", since: new Date() }),
});

const never = () => new Promise<never>(() => undefined);
const message: OutboundMessage = {
  deliveryId: "d-1",
  attempt: 1,
  fromName: "Town Hall",
  to: { address: "anna" },
  text: "Words",
  attachments: [],
  thread: { token: "t", references: [] },
  writtenAt: new Date(),
};

describe("channels behind walls", () => {
  const log = pino({ level: "silent" });
  let folder: string;
  let store: Store;
  let channels: Channels | undefined;
  const woken: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "guichet-channels-"));
    store = await openStore({ dataFolder: folder }, log);
  });
  afterEach(async () => {
    await channels?.stop();
    channels = undefined;
    for (const name of ["good", "bad"]) await writeSwitch(store.database.durable, name, true);
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  type Build = (host: BridgeHost) => Bridge;
  const configured = (name: string, build: Build, more: Partial<ConfiguredChannel> = {}): ConfiguredChannel => ({
    name: channelId(name),
    agency: agencyId("hall"),
    use: "memory",
    type: "memory",
    enabled: true,
    fingerprint: "1",
    build,
    ...more,
  });
  const configOf = (...all: ConfiguredChannel[]): Config => ({
    file: join(folder, "guichet.yaml"),
    homeserver: { url: "http://127.0.0.1:1", domain: "agents.test" },
    appservice: { registration: "", bind: "127.0.0.1", port: 1 },
    public: { url: "https://town.example", bind: "127.0.0.1", port: 1, trustedProxies: [], linkDays: 30 },
    bot: { displayName: "guichet" },
    dataFolder: folder,
    database: {},
    queue: { concurrency: 1 },
    log: { level: "info" },
    agencies: new Map(),
    channels: new Map(all.map((each) => [each.name, each])),
  });
  const good = configured("good", goodBridge);

  async function run(bad: Build): Promise<Channels> {
    channels = openChannels(configOf(good, configured("bad", bad)), {
      database: store.database,
      log,
      use: "run",
      wake: async (lane) => void woken.push(lane),
      crowds: () => false,
      inboxFor: () => ({
        accept: async () => "accepted",
        receipt: async () => "applied",
        numberOf: async () => undefined,
      }),
    });
    void channels.start();
    expect(await becomesTrue(() => channels?.bridge("good")?.health().state === "up", 5_000)).toBe(true);
    return channels;
  }
  const sendBy = (name: string, signal = new AbortController().signal) =>
    channels?.bridge(name)?.send?.(message, signal);
  const howIs = async (name: string) =>
    (await readStates(store.database.relaxed)).find(({ channel }) => channel === name);
  const isSaid = (name: string, state: string, reason: string) =>
    becomesTrue(async () => {
      const said = await howIs(name);
      return said?.state === state && said.reason === reason;
    }, 10_000);

  const fatal: Record<string, { build: Build; code: string }> = {
    "throws when it is built": {
      build: () => {
        throw new Error("build");
      },
      code: "BRIDGE_BUILD",
    },
    "rejects its start": {
      build: () => ({ ...goodBridge(), start: async () => Promise.reject(new Error("start")) }),
      code: "BRIDGE_START",
    },
    "throws in its start": {
      build: () => ({
        ...goodBridge(),
        start: () => {
          throw new Error("start");
        },
      }),
      code: "BRIDGE_START",
    },
    "throws in a timer": {
      build: () => ({
        ...goodBridge(),
        start: async () => {
          setTimeout(() => {
            throw new Error("timer");
          }, 50);
        },
      }),
      code: "BRIDGE_FAULT",
    },
    "forgets a promise": {
      build: () => ({
        ...goodBridge(),
        start: async () => {
          setTimeout(() => void Promise.reject(new Error("forgotten")), 50);
        },
      }),
      code: "BRIDGE_FAULT",
    },
  };
  test.each(Object.keys(fatal))("a bridge that %s is shown as degraded, and its neighbour works", async (name) => {
    const { build, code } = fatal[name] ?? { build: goodBridge, code: "" };
    await run(build);
    expect(await isSaid("bad", "degraded", code)).toBe(true);
    expect(await sendBy("good")).toEqual({ remoteId: "remote-d-1" });
    // What waits for the channel goes on waiting. One that fails later runs for a moment each time.
    const later = code === "BRIDGE_FAULT" ? undefined : sendBy("bad");
    if (later) await expect(later).rejects.toMatchObject({ consequence: "retry", code: "CHANNEL_DOWN" });
  });

  test("a bridge that failed is built anew, later each time, and heals", async () => {
    let built = 0;
    await run(() => {
      built += 1;
      if (built < 2) throw new Error("not yet");
      return goodBridge();
    });
    expect(await becomesTrue(() => channels?.bridge("bad")?.health().state === "up", 10_000)).toBe(true);
    expect(built).toBe(2);
    expect(await sendBy("bad")).toEqual({ remoteId: "remote-d-1" });
  });

  test("a bridge that hangs in its start holds up nobody", async () => {
    const began = Date.now();
    await run(() => ({ ...goodBridge(), start: never }));
    expect(Date.now() - began).toBeLessThan(3_000);
    await expect(sendBy("bad")).rejects.toMatchObject({ consequence: "retry", code: "CHANNEL_DOWN" });
    await writeSwitch(store.database.durable, "good", false);
    expect(await isSaid("good", "stopped", "SWITCHED_OFF")).toBe(true);
    await channels?.stop();
    expect(Date.now() - began).toBeLessThan(12_000);
  });

  test("what a bridge throws in send, or never answers, ends as the contract knows", async () => {
    await run(() => ({
      ...goodBridge(),
      send: () => {
        throw new Error("send");
      },
    }));
    await becomesTrue(async () => (await howIs("bad"))?.state === "up", 10_000);
    await expect(sendBy("bad")).rejects.toThrow("send");
    await channels?.stop();
    await run(() => ({ ...goodBridge(), send: never }));
    await sleep(100);
    await expect(sendBy("bad", AbortSignal.timeout(50))).rejects.toMatchObject({
      consequence: "unknown",
      code: "BRIDGE_SILENT",
    });
  }, 20_000);

  test("odd health and an opening that throws are told from good ones", async () => {
    await run(() => ({
      ...goodBridge(),
      opening: {
        verb: "write",
        example: "anna",
        parseAddress: () => {
          throw new Error("parse");
        },
      },
      health: () => {
        throw new Error("health");
      },
    }));
    expect(await isSaid("bad", "degraded", "BRIDGE_FAULT")).toBe(true);
    expect(channels?.bridge("bad")?.opening?.parseAddress("anna")).toBeUndefined();
  });

  test("a preview that throws or says nonsense says nothing", async () => {
    const said: unknown[] = [
      { parts: 2, cost: { amount: 0.1, currency: "EUR" }, remarks: ["Fine."] },
      { parts: 0 },
      { parts: 1.5 },
      { parts: 2, cost: { amount: Number.NaN, currency: "EUR" } },
      { parts: 2, cost: { amount: 1, currency: "euro" } },
      undefined,
    ];
    const { length } = said;
    await run(() => ({ ...goodBridge(), preview: () => JSON.parse(JSON.stringify(said.shift())) }));
    await becomesTrue(() => channels?.bridge("bad") !== undefined, 5_000);
    const draft = { to: { address: "anna" }, text: "Words", attachments: [] };
    const heard = Array.from({ length }, () => channels?.bridge("bad")?.preview?.(draft));
    expect(heard).toEqual([
      { parts: 2, cost: { amount: 0.1, currency: "EUR" }, remarks: ["Fine."] },
      ...Array.from({ length: length - 1 }, () => ({ parts: 1 })),
    ]);
  });

  test("routes live with their bridge: not before its start, not while it is off, anew with the next", async () => {
    let life = 0;
    const gate = Promise.withResolvers<void>();
    const open = await run(({ routes, publicUrl }) => {
      life += 1;
      const own = life;
      routes.on("GET", "/who", () => new Response(`${own} at ${publicUrl}`));
      if (own === 1) routes.on("GET", "/gone", () => new Response());
      routes.on("GET", "/throws", () => {
        throw new Error("route");
      });
      return { ...goodBridge(), start: () => gate.promise };
    });
    const who = (path = "/who") => open.route("bad", "GET", path);
    const ask = async () => {
      const found = who();
      if (found.is !== "route") return found.is;
      const visit = { peer: "192.0.2.1", parameters: found.parameters };
      return (await found.handle(new Request("http://127.0.0.1/bad/who"), visit)).text();
    };
    expect([await ask(), open.route("nobody", "GET", "/who").is]).toEqual(["closed", "nothing"]);
    gate.resolve();
    await expect.poll(ask, { timeout: 5_000 }).toBe("1 at https://town.example/bad");
    expect([who("/gone").is, who("/other").is, open.route("bad", "POST", "/who").is]).toEqual([
      "route",
      "nothing",
      "wrong-method",
    ]);
    const throwing = who("/throws");
    if (throwing.is !== "route") throw new Error(throwing.is);
    const visit = { peer: "192.0.2.1", parameters: {} };
    await expect(throwing.handle(new Request("http://127.0.0.1/"), visit)).rejects.toThrow("route");
    await writeSwitch(store.database.durable, "bad", false);
    await expect.poll(ask, { timeout: 10_000 }).toBe("closed");
    await writeSwitch(store.database.durable, "bad", true);
    await expect.poll(ask, { timeout: 10_000 }).toBe("2 at https://town.example/bad");
    expect(who("/gone").is).toBe("nothing");
  }, 40_000);

  test("a channel is switched off and on while the others go on", async () => {
    const stops: string[] = [];
    await run(() => ({ ...goodBridge(), stop: async () => void stops.push("bad") }));
    await becomesTrue(() => channels?.bridge("bad") !== undefined, 5_000);
    await writeSwitch(store.database.durable, "bad", false);
    expect(await isSaid("bad", "stopped", "SWITCHED_OFF")).toBe(true);
    expect(stops).toEqual(["bad"]);
    expect(channels?.bridge("bad")).toBeUndefined();
    expect(await sendBy("good")).toEqual({ remoteId: "remote-d-1" });
    await writeSwitch(store.database.durable, "bad", true);
    expect(await becomesTrue(() => channels?.bridge("bad")?.health().state === "up", 10_000)).toBe(true);
  });

  test("a file that is read again changes only the channels that changed", async () => {
    const begun: string[] = [];
    const watched = (name: string, fingerprint: string) =>
      configured(
        name,
        () => {
          begun.push(`${name} ${fingerprint}`);
          return goodBridge();
        },
        { fingerprint },
      );
    const open = openChannels(configOf(watched("good", "1"), watched("bad", "1")), {
      database: store.database,
      log,
      use: "run",
      wake: async () => undefined,
      crowds: () => false,
      inboxFor: () => ({
        accept: async () => "accepted",
        receipt: async () => "applied",
        numberOf: async () => undefined,
      }),
    });
    channels = open;
    await open.start();
    await open.reread(configOf(watched("good", "1"), watched("bad", "2"), watched("new", "1")));
    expect(begun).toEqual(["good 1", "bad 1", "bad 2", "new 1"]);
    await open.reread(configOf(watched("good", "1")));
    expect(open.bridge("bad")).toBeUndefined();
    expect(open.bridge("good")?.health().state).toBe("up");
  });

  test("a bridge that hangs in its stop is left alone after its time", async () => {
    const open = await run(() => ({ ...goodBridge(), stop: never }));
    const began = Date.now();
    await open.stop();
    expect(Date.now() - began).toBeLessThan(13_000);
  }, 20_000);
});
