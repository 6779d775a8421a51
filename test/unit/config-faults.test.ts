import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { BridgeDefinition } from "../../src/adapter/index.ts";
import { listBundledBridges } from "../../src/config/bundled-bridges.ts";
import { ConfigError, printFault } from "../../src/config/fault.ts";
import { type FindBridge, findBridge as findRealBridge } from "../../src/config/find-bridge.ts";
import { loadConfig } from "../../src/config/load.ts";
import { folderWith } from "../support/config-folder.ts";

/** A bridge with each kind of setting that faults can be about. Nothing here is ever built. */
const pigeon: BridgeDefinition = {
  type: "pigeon",
  contract: 1,
  config: z
    .object({
      address: z.string().regex(/@/, "an address with an @"),
      loft: z.string().optional().meta({ unique: true }),
      nullable: z.string().nullable().optional(),
      ring_map: z.string().optional().meta({ file: true }),
      listen: z.object({ port: z.int().min(1).max(65535).meta({ listens: true }) }).optional(),
      imap: z
        .object({
          host: z.string().min(1),
          port: z.int().min(1).max(65535).default(993),
          password: z.string().meta({ secret: true }),
        })
        .optional(),
      way: z.union([z.object({ kind: z.literal("fast"), km: z.number().max(100) }), z.string()]).optional(),
      rings: z.array(z.object({ colour: z.enum(["red", "blue"]) })).optional(),
    })
    .refine((channel) => channel.imap !== undefined || channel.listen !== undefined, "imap or listen"),
  create() {
    throw new Error("a test of faults builds nothing");
  },
};
const webPigeon = { ...pigeon, needsPublicUrl: true };
const findBridge: FindBridge = async (use, folder) =>
  ({ pigeon, "web-pigeon": webPigeon })[use] ?? findRealBridge(use, folder);

const BUNDLED = listBundledBridges().join(", ");

const HEAD = `homeserver: { url: http://127.0.0.1:8008, domain: agents.example }
agencies:
  town-hall: { name: Town Hall, room: "#town-hall:agents.example" }
`;
const CHANNEL = `${HEAD}channels:
  post:
    use: pigeon
    agency: town-hall
    address: a@b.example
    listen: { port: 2525 }
`;

async function faultsOf(text: string): Promise<string[]> {
  using folder = folderWith({ "guichet.yaml": text });
  const error: unknown = await loadConfig(folder.path("guichet.yaml"), findBridge).then(
    () => undefined,
    (fault) => fault,
  );
  if (error === undefined) return [];
  if (!(error instanceof ConfigError)) throw error;
  return error.faults.map((fault) =>
    printFault({ ...fault, file: "guichet.yaml" }).replaceAll(dirname(folder.path("guichet.yaml")), "FOLDER"),
  );
}

describe("a file without faults", () => {
  test.each([
    ["the least", HEAD],
    ["a channel", CHANNEL],
    ["empty sections", `${HEAD}database:\nqueue:\nlog:\nchannels:\n`],
    ["a bridge's own null", `${CHANNEL}    nullable: null\n`],
    [
      "a bridge of web pages with a public address",
      `${CHANNEL.replace("use: pigeon", "use: web-pigeon")}public: { url: "https://town.example/counter" }\n`,
    ],
    ["an anchor", `${HEAD}log: &l { level: info }\nqueue: {}\n`],
  ])("%s", async (_name, text) => {
    expect(await faultsOf(text)).toEqual([]);
  });
});

describe("each fault is told with its line, what was found and what is allowed", () => {
  test.each<[name: string, text: string, faults: string[]]>([
    [
      "a word for a number",
      `${CHANNEL}    imap: { host: h, password: p,\n      port: "abc" }\n`,
      ['11:13 channels.post.imap.port: found "abc", allowed: a whole number from 1 to 65535'],
    ],
    [
      "a number out of range",
      `${CHANNEL}    imap: { host: h, password: p, port: 70000 }\n`,
      ["10:41 channels.post.imap.port: found 70000, allowed: a whole number from 1 to 65535"],
    ],
    [
      "a missing key points at its map",
      `${CHANNEL}    imap:\n      password: p\n`,
      ["10:5 channels.post.imap.host: found nothing, allowed: a text that is not empty"],
    ],
    [
      "an empty value points at its key",
      `${CHANNEL}    imap:\n      host:\n      password: p\n`,
      ["11:7 channels.post.imap.host: found nothing, allowed: a text that is not empty"],
    ],
    [
      "a bridge's own words",
      CHANNEL.replace("a@b.example", "nowhere"),
      ['8:14 channels.post.address: found "nowhere", allowed: an address with an @'],
    ],
    [
      "a rule over the whole channel",
      CHANNEL.replace(/ {4}listen.*\n/, ""),
      ["5:3 channels.post: found a map, allowed: imap or listen"],
    ],
    [
      "the branch of a union that was meant",
      `${CHANNEL}    way: { kind: fast, km: 200 }\n`,
      ["10:28 channels.post.way.km: found 200, allowed: a number of at most 100"],
    ],
    [
      "no branch of a union",
      `${CHANNEL}    way: 3\n`,
      ["10:10 channels.post.way: found 3, allowed: a map with the keys kind, km, or a text"],
    ],
    [
      "an entry of a list",
      `${CHANNEL}    rings:\n      - colour: red\n      - colour: green\n`,
      ['12:17 channels.post.rings[1].colour: found "green", allowed: one of red, blue'],
    ],
    [
      "a list for a map",
      `${CHANNEL}    imap: [h]\n`,
      ["10:11 channels.post.imap: found a list, allowed: a map with the keys host, port, password"],
    ],
    [
      "an unknown key of a bridge that would drop it",
      `${CHANNEL}    listne: { port: 1 }\n`,
      [
        "10:5 channels.post.listne: found an unknown key, allowed: address, loft, nullable, ring_map, listen, imap, way, rings (did you mean listen?)",
      ],
    ],
    [
      "an unknown key without a likeness",
      `${HEAD}log: { colour: red }\n`,
      ["4:8 log.colour: found an unknown key, allowed: level"],
    ],
    [
      "an unknown bridge",
      CHANNEL.replace("use: pigeon", "use: emial"),
      [
        `6:10 channels.post.use: found "emial", and there is no package of that name in FOLDER/node_modules or above it, nor in guichet's own node_modules, allowed: a bridge that comes with guichet: ${BUNDLED} (did you mean email?); an npm package that is installed: its whole name, such as guichet-bridge-emial, in FOLDER; or a path that begins with ./ or /`,
      ],
    ],
    [
      "a bridge that is not installed",
      CHANNEL.replace("use: pigeon", "use: guichet-bridge-pigeon"),
      [
        `6:10 channels.post.use: found "guichet-bridge-pigeon", and there is no package of that name in FOLDER/node_modules or above it, nor in guichet's own node_modules, allowed: a bridge that comes with guichet: ${BUNDLED}; an npm package that is installed: npm install guichet-bridge-pigeon in FOLDER; or a path that begins with ./ or /`,
      ],
    ],
    [
      "a bridge by a path to nothing",
      CHANNEL.replace("use: pigeon", "use: ./bridges/mine.js"),
      [
        `6:10 channels.post.use: found "./bridges/mine.js", and there is no file FOLDER/bridges/mine.js, allowed: the path of a bridge's module or folder, from this file's folder`,
      ],
    ],
    [
      "a bridge by no name at all",
      CHANNEL.replace("use: pigeon", "use: Email"),
      [
        `6:10 channels.post.use: found "Email", allowed: a bridge that comes with guichet: ${BUNDLED} (did you mean email?); the name of an npm package; or a path that begins with ./ or /`,
      ],
    ],
    [
      "a missing bridge",
      CHANNEL.replace(/ {4}use.*\n/, ""),
      ["5:3 channels.post.use: found nothing, allowed: a text that is not empty"],
    ],
    [
      "an unknown agency",
      CHANNEL.replace("agency: town-hall", "agency: town-hal"),
      [
        '7:13 channels.post.agency: found "town-hal", allowed: an agency of this file: town-hall (did you mean town-hall?)',
      ],
    ],
    [
      "a bad name",
      HEAD.replace("  town-hall:", "  Town_Hall:"),
      [
        '3:3 agencies.Town_Hall: found "Town_Hall", allowed: a lower-case word of at most 32 letters, digits and hyphens that begins with a letter',
      ],
    ],
    [
      "an alias on another domain",
      HEAD.replace("#town-hall:agents.example", "#town-hall:other.example"),
      [
        '3:39 agencies.town-hall.room: found "#town-hall:other.example", allowed: an alias on the homeserver\'s own domain, such as #town-hall:agents.example',
      ],
    ],
    [
      "an alias without quotes, which YAML takes for a remark",
      "homeserver: { url: http://h, domain: h }\nagencies:\n  a:\n    name: A\n    room: #a:h\n",
      ['5:5 agencies.a.room: found nothing, allowed: a room alias in quotes, such as "#town-hall:agents.example"'],
    ],
    [
      "no alias",
      HEAD.replace("#town-hall:agents.example", "town-hall"),
      [
        '3:39 agencies.town-hall.room: found "town-hall", allowed: a room alias in quotes, such as "#town-hall:agents.example"',
      ],
    ],
    [
      "one room for two",
      `${HEAD}  prefecture: { name: P, room: "#town-hall:agents.example" }\n`,
      [
        '4:32 agencies.prefecture.room: found "#town-hall:agents.example", which is the room of agencies.town-hall, allowed: a room of its own for each agency',
      ],
    ],
    [
      "an outside address that is none",
      `${HEAD}public: { url: "https://town.example/" }\n`,
      [
        '4:16 public.url: found "https://town.example/", allowed: an address without a slash at its end, a query or a name of a user',
      ],
    ],
    [
      "one port for the public and the homeserver",
      `${HEAD}public: { url: "https://town.example", port: 9001 }\n`,
      [
        "4:46 public.port: found 9001, which is taken by appservice.port, allowed: a port that nothing else in this file has",
      ],
    ],
    [
      "a proxy that is no address",
      `${HEAD}public: { url: "https://town.example", trusted_proxies: [ proxy ] }\n`,
      ['4:59 public.trusted_proxies[0]: found "proxy", allowed: an address or a network such as 192.0.2.0/24'],
    ],
    [
      "a channel in the place of guichet's own pages",
      CHANNEL.replace("  post:", "  files:"),
      ['5:3 channels.files: found "files", allowed: another name: this one is guichet\'s own in web addresses'],
    ],
    [
      "a bridge of web pages without a public address",
      CHANNEL.replace("use: pigeon", "use: web-pigeon"),
      [
        '6:10 channels.post.use: found "web-pigeon", which citizens reach by HTTP, allowed: it beside `public`, which says where: the top of `guichet sample` shows it',
      ],
    ],
    [
      "a portal that is none",
      HEAD.replace("{ name", "{ portal: channel, name"),
      ['3:24 agencies.town-hall.portal: found "channel", allowed: one of thread, room'],
    ],
    [
      "a space that is a room",
      HEAD.replace("{ name", '{ space: "#town-hall:agents.example", name'),
      [
        '3:23 agencies.town-hall.space: found "#town-hall:agents.example", which is the room of agencies.town-hall, allowed: a room of its own for each agency',
      ],
    ],
    [
      "an endless undo",
      HEAD.replace("{ name", "{ undo_seconds: 601, name"),
      ["3:30 agencies.town-hall.undo_seconds: found 601, allowed: a whole number from 0 to 600"],
    ],
    [
      "a name in no language",
      HEAD.replace("name: Town Hall", "name: {}"),
      [
        "3:22 agencies.town-hall.name: found an empty map, allowed: a text, or texts by language such as { en: Town Hall, fr: Mairie }",
      ],
    ],
    [
      "no agency",
      "homeserver: { url: http://h, domain: h }\nagencies: {}\n",
      ["2:11 agencies: found an empty map, allowed: at least one agency"],
    ],
    [
      "another protocol",
      HEAD.replace("http://127.0.0.1:8008", "ftp://me:pw@h"),
      ['1:20 homeserver.url: found "ftp://…@h", allowed: an address that begins with http:// or https://'],
    ],
    [
      "an embedded database with a url",
      `${HEAD}database: { url: postgres://h/d, port: 5433 }\n`,
      [
        "4:34 database.port: found a port beside a url, allowed: port for the embedded PostgreSQL, or url for your own: one of them",
      ],
    ],
    [
      "a port of the core",
      CHANNEL.replace("2525", "9001"),
      [
        "9:21 channels.post.listen.port: found 9001, which is taken by appservice.port, allowed: a port that nothing else in this file has",
      ],
    ],
    [
      "two channels with one port and one address",
      `${CHANNEL}  second: { use: pigeon, agency: town-hall, address: A@B.example,\n    listen: { port: 2525 } }\n`,
      [
        '10:54 channels.second.address: found "A@B.example", which is taken by channels.post.address, allowed: an address that nothing else in this file has',
        "11:21 channels.second.listen.port: found 2525, which is taken by channels.post.listen.port, allowed: a port that nothing else in this file has",
      ],
    ],
    [
      "two channels with one value that is unique",
      `${CHANNEL}    loft: x\n  second: { use: pigeon, agency: town-hall, address: c@d, listen: { port: 1 }, loft: x }\n`,
      [
        '11:86 channels.second.loft: found "x", which is taken by channels.post.loft, allowed: a value that nothing else in this file has',
      ],
    ],
    [
      "a key that stands twice",
      `${HEAD}log: {}\nlog: {}\n`,
      ["5:1 found a key that stands in this map already, allowed: each key once"],
    ],
    [
      "broken YAML",
      `${HEAD}log: { level: info\nqueue: {}\n`,
      [
        "5:1 found a line with the wrong indentation, or a bracket left open before it, allowed: keys of one map under each other",
      ],
    ],
    ["a tab", "homeserver:\n\turl: x\n", ["2:1 found a tab, allowed: spaces for indentation"]],
    [
      "a tag",
      `${HEAD}bot: { display_name: !secret hush }\n`,
      ["4:22 found a tag (!name), allowed: values without tags; quote a text that begins with !"],
    ],
    [
      "an alias without its anchor",
      `${HEAD}bot: { display_name: *hush }\n`,
      [
        "1:1 found an alias (*name) that cannot be resolved, allowed: aliases of anchors (&name) that stand before them",
      ],
    ],
    ["two documents", `${HEAD}---\nlog: {}\n`, ["4:1 found a second document, allowed: one YAML document"]],
    [
      "an empty file",
      "",
      [
        "1:1 homeserver: found nothing, allowed: a map with the keys url, domain",
        "1:1 agencies: found nothing, allowed: a map",
      ],
    ],
    [
      "a file that is a text",
      "hello\n",
      [
        "1:1 found a text, allowed: a map with the keys homeserver, appservice, public, bot, data_folder, database, queue, rooms, log, agencies, channels",
      ],
    ],
  ])("%s", async (_name, text, faults) => {
    expect(await faultsOf(text)).toEqual(faults.map((fault) => `guichet.yaml:${fault}`));
  });

  test("a file that a setting names and that is not there", async () => {
    const faults = await faultsOf(`${CHANNEL}    ring_map: maps/rings.pem\n`);
    expect(faults).toEqual([
      "guichet.yaml:10:15 channels.post.ring_map: found the file maps/rings.pem, which cannot be read (ENOENT), allowed: a file that guichet may read, relative to the configuration's folder",
    ]);
  });

  test("all of them at once, in the file's order", async () => {
    const text = `${CHANNEL.replace("a@b.example", "nowhere").replace("agency: town-hall", "agency: nobody")}logs: {}\n`;
    const places = (await faultsOf(text)).map((fault) => fault.split(" ")[1]);
    expect(places).toEqual(["channels.post.agency:", "channels.post.address:", "logs:"]);
  });

  test("a file that is not there", async () => {
    using folder = folderWith({});
    await expect(loadConfig(folder.path("guichet.yaml"))).rejects.toThrow(
      "guichet.yaml:1:1 found no file, allowed: a configuration file",
    );
  });
});

describe("no fault shows a secret", () => {
  test.each([
    ["a secret of the wrong form", `${CHANNEL}    imap: { host: h, password: { plain: hush } }\n`],
    ["a secret that is a list", `${CHANNEL}    imap: { host: h, password: [hush] }\n`],
    ["a secret in the place of its map", `${CHANNEL}    imap: hush\n`],
    ["a secret that breaks a rule", `${HEAD}database: { url: "mysql://me:hush@h" }\n`],
    ["a secret beside a fault", `${CHANNEL}    imap: { host: 3, password: hush }\n`],
    ["a secret under a misspelt key", `${CHANNEL}    imap: { host: h, pasword: hush }\n`],
    ["a secret that begins like an alias", `${CHANNEL}    imap: { host: h, password: *hush }\n`],
    ["a secret that begins like a tag", `${CHANNEL}    imap: { host: h, password: !hush x }\n`],
    ["a secret in broken YAML", `${CHANNEL}    imap: { host: h, password: "hush }\n`],
    ["a secret that is a number would be shown", `${CHANNEL}    imap: { host: h, password: 4711 }\n`],
  ])("%s", async (_name, text) => {
    const faults = (await faultsOf(text)).join("\n");
    expect(faults).not.toBe("");
    expect(faults).not.toMatch(/hush|4711/);
  });
});
