import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type BridgeDefinition, type BridgeHost, CONTRACT_GENERATION } from "../../src/adapter/index.ts";
import { listBundledBridges } from "../../src/config/bundled-bridges.ts";
import { findBridge as findRealBridge } from "../../src/config/find-bridge.ts";
import { fitBridge } from "../../src/config/fit-bridge.ts";
import { loadConfig } from "../../src/config/load.ts";
import { agencyId, channelId } from "../../src/domain/ids.ts";
import { folderWith } from "../support/config-folder.ts";

const seen: unknown[] = [];
/** Keeps the settings that it is built with. */
const pigeon: BridgeDefinition = {
  type: "pigeon",
  contract: CONTRACT_GENERATION,
  config: z.object({
    port: z.int().default(25),
    password: z.string().meta({ secret: true }),
    either: z
      .union([z.string().meta({ secret: true }), z.object({ key: z.string().meta({ secret: true }) })])
      .optional(),
    keys: z.array(z.string().meta({ secret: true })).optional(),
    by_name: z.record(z.string(), z.string().meta({ secret: true })).optional(),
    spare: z.string().nullable().meta({ secret: true }).default(null),
    upper: z
      .string()
      .transform((text) => text.toUpperCase())
      .optional(),
  }),
  create(settings) {
    seen.push(settings);
    throw new Error("built");
  },
};
const findBridge = async () => pigeon;
/** What a bridge is lent; `create` must not use it yet. */
const host: BridgeHost = {
  languages: ["en"],
  agencyNames: new Map([["en", "Post office"]]),
  channel: "post",
  inbox: {
    accept: () => Promise.reject(new Error("not started")),
    numberOf: () => Promise.reject(new Error("not started")),
    receipt: () => Promise.reject(new Error("not started")),
  },
  shelf: {
    put: () => Promise.reject(new Error("not started")),
    list: () => Promise.reject(new Error("not started")),
    open: () => Promise.reject(new Error("not started")),
  },
  log: pino({ enabled: false }),
  now: () => new Date(),
  notes: { get: async () => undefined, set: () => Promise.reject(new Error("not started")) },
  routes: { on: () => undefined },
  lease: () => Promise.reject(new Error("not started")),
};

const FILE = `
homeserver: { url: "http://127.0.0.1:8008/", domain: "agents.example:8448" }
appservice: { port: 9100 }
data_folder: ../elsewhere
queue: { redis: { env: GUICHET_TEST_REDIS }, concurrency: 4 }
agencies:
  town-hall:
    name: { en: Town Hall, fr: Mairie }
    room: "#town-hall:agents.example:8448"
    languages: [fr, en]
    agents: ["@agent:elsewhere.example"]
  prefecture: { name: Préfecture, room: "#p:agents.example:8448", replies: all, undo_seconds: 0, topic: T }
channels:
  post:
    use: pigeon
    agency: town-hall
    password: { file: secret.txt }
    either: { key: { env: GUICHET_TEST_KEY } }
    keys: [plain, { env: GUICHET_TEST_KEY }]
    by_name: { one: { env: GUICHET_TEST_KEY } }
    upper: loud
`;

beforeEach(() => {
  process.env.GUICHET_TEST_REDIS = "redis://:pw@127.0.0.1/1";
  process.env.GUICHET_TEST_KEY = "k3y";
});
afterEach(() => {
  delete process.env.GUICHET_TEST_REDIS;
  delete process.env.GUICHET_TEST_KEY;
  seen.length = 0;
});

describe("loadConfig", () => {
  test("gives absolute paths, defaults, agencies and channels", async () => {
    using folder = folderWith({ "guichet.yaml": FILE, "secret.txt": "from a file\n" });
    const config = await loadConfig(folder.path("guichet.yaml"), findBridge);
    expect(config).toMatchObject({
      file: folder.path("guichet.yaml"),
      homeserver: { url: "http://127.0.0.1:8008/", domain: "agents.example:8448" },
      appservice: { registration: folder.path(join("data", "registration.yaml")), bind: "127.0.0.1", port: 9100 },
      bot: { displayName: "guichet" },
      dataFolder: folder.path(`..${sep}elsewhere`),
      database: {},
      queue: { redis: "redis://:pw@127.0.0.1/1", concurrency: 4 },
      log: { level: "info" },
    });
    expect(config.agencies.get(agencyId("town-hall"))).toEqual({
      id: "town-hall",
      names: new Map([
        ["en", "Town Hall"],
        ["fr", "Mairie"],
      ]),
      name: "Mairie",
      room: "#town-hall:agents.example:8448",
      portal: "thread",
      replies: "explicit",
      undoSeconds: 10,
      languages: ["fr", "en"],
      agents: ["@agent:elsewhere.example"],
    });
    const prefecture = {
      name: "Préfecture",
      names: new Map([["en", "Préfecture"]]),
      replies: "all",
      undoSeconds: 0,
      topic: "T",
    };
    expect(config.agencies.get(agencyId("prefecture"))).toMatchObject(prefecture);
    expect(config.channels.get(channelId("post"))).toMatchObject({
      name: "post",
      agency: "town-hall",
      use: "pigeon",
      type: "pigeon",
    });
  });

  test("builds a channel with what its bridge's schema returned, secrets in place", async () => {
    using folder = folderWith({ "guichet.yaml": FILE, "secret.txt": "from a file\r\n" });
    const config = await loadConfig(folder.path("guichet.yaml"), findBridge);
    expect(() => config.channels.get(channelId("post"))?.build(host)).toThrow("built");
    expect(seen).toEqual([
      {
        port: 25,
        password: "from a file",
        either: { key: "k3y" },
        keys: ["plain", "k3y"],
        by_name: { one: "k3y" },
        spare: null,
        upper: "LOUD",
      },
    ]);
  });

  test.each([
    [
      "a variable that is not set",
      FILE.replace("GUICHET_TEST_REDIS", "GUICHET_TEST_NONE"),
      {},
      "queue.redis.env: found the environment variable GUICHET_TEST_NONE, which is not set, allowed: a variable that holds the secret: set GUICHET_TEST_NONE before guichet starts",
    ],
    [
      "a file that is not there",
      FILE,
      {},
      "channels.post.password.file: found the file secret.txt, which cannot be read (ENOENT), allowed: a file that holds the secret and that guichet may read",
    ],
    [
      "a file that is empty",
      FILE,
      { "secret.txt": "\n" },
      "channels.post.password.file: found the file secret.txt, which is empty",
    ],
    [
      "an empty secret",
      FILE.replace("{ file: secret.txt }", '""'),
      {},
      "channels.post.password: found an empty text, allowed: a text, { env: NAME } or { file: path }",
    ],
    [
      "two sources",
      FILE.replace("{ file: secret.txt }", "{ file: a, env: B }"),
      {},
      "channels.post.password: found a map, allowed: a text, { env: NAME } or { file: path }",
    ],
    [
      "no secret",
      FILE.replace(/ {4}password.*\n/, ""),
      {},
      "channels.post.password: found nothing, allowed: a text, { env: NAME } or { file: path }",
    ],
  ])("a secret from %s is a fault", async (_name, text, files: Record<string, string>, fault) => {
    using folder = folderWith({ "guichet.yaml": text, ...files });
    await expect(loadConfig(folder.path("guichet.yaml"), findBridge)).rejects.toThrow(fault);
  });
});

describe("bridges", () => {
  test("the bundled ones are found by their word", async () => {
    expect(listBundledBridges()).toContain("email");
    expect(await findRealBridge("email", "")).toMatchObject({ type: "email", contract: CONTRACT_GENERATION });
  });

  test.each(["", "sms/../email", "Email", "node:fs", "https://x.example/y.js"])("%j is not looked for", async (use) => {
    await expect(findRealBridge(use, tmpdir())).rejects.toMatchObject({
      code: "BRIDGE_UNKNOWN",
      found: JSON.stringify(use),
    });
  });

  test.each<[string, unknown, string]>([
    ["no definition", undefined, "its default export is not an object with type, contract, config and create"],
    ["another generation", { ...pigeon, contract: 99 }, "generation 99 of the contract, and this guichet speaks 1"],
    ["a type that is no word", { ...pigeon, type: "Two Words" }, "type must be a lower-case word"],
    ["settings without a schema", { ...pigeon, config: {} }, "config a schema of zod 4"],
    ["a key of the core's", { ...pigeon, config: z.object({ agency: z.string() }) }, "guichet's own (agency)"],
  ])("%s is refused", (_name, definition, reason) => {
    expect(() => fitBridge("pigeon", definition)).toThrow(reason);
  });
});
