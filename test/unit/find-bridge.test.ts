import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { projectFolder } from "../../demo/setup/paths.js";
import { folderWith } from "../support/config-folder.ts";

const BIN = fileURLToPath(new URL("../../src/bin.js", import.meta.url));
const HEAD = `homeserver: { url: http://127.0.0.1:8008, domain: agents.example }
agencies: { town-hall: { name: Town Hall, room: "#town-hall:agents.example" } }
channels:
`;
/** A bridge as a third party writes it, in JavaScript. */
const bridge = (type: string, definition = `{ type: "${type}", contract: 1, config, create() {} }`) => `
import { DeliveryError } from "guichet/adapter";
import { z } from "zod";
new DeliveryError("retry", "A_CODE");
const config = z.strictObject({ loft: z.string(), key: z.string().optional().meta({ secret: true }) });
export default ${definition};
`;

type Files = Readonly<Record<string, string>>;

/** Runs check-config as an operator does, in a process of its own: here vitest would load the bridges, there Node does. */
async function checkConfig(channels: string, files: Files, prepare: (folder: string) => void = () => undefined) {
  using folder = folderWith({ "guichet.yaml": HEAD + channels });
  const root = dirname(folder.path("guichet.yaml"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  prepare(root);
  return await new Promise<{ code: number; out: string; lines: string[] }>((resolve) => {
    const words = [BIN, "check-config", "--config", "guichet.yaml"];
    execFile(process.execPath, words, { cwd: root }, (error, out, err) =>
      resolve({
        code: Number(error?.code ?? 0),
        out,
        lines: err.trim().replaceAll(root, "FOLDER").split("\n"),
      }),
    );
  });
}

const channel = (name: string, use: string, rest = "loft: x") =>
  `  ${name}: { use: "${use}", agency: town-hall, ${rest} }\n`;
const manifest = (exports: unknown) => JSON.stringify({ name: "a-bridge", version: "1.0.0", type: "module", exports });

describe("a bridge is found", { timeout: 30_000 }, () => {
  test("by path, by folder, by package name, in JavaScript and TypeScript, by whatever its manifest calls its entry", async () => {
    const packages: Record<string, unknown> = {
      "guichet-bridge-one": "./dist/index.js",
      "@town/guichet-bridge-two": { ".": { types: "./index.d.ts", import: { default: "./dist/index.js" } } },
      "guichet-bridge-three": { require: "./index.cjs", default: ["./dist/index.js"] },
    };
    const installed = Object.entries(packages).flatMap(([name, exports], index) => [
      [`node_modules/${name}/package.json`, manifest(exports)],
      [`node_modules/${name}/dist/index.js`, bridge(`package-${index}`)],
    ]);
    const files = {
      ...Object.fromEntries(installed),
      "bridges/plain.js": bridge("plain"),
      "bridges/package.json": '{ "type": "module" }',
      "bridges/typed.ts": bridge("typed").replace("const config", "const config: unknown"),
      "bridges/folder/index.js": bridge("folder"),
      "bridges/main/package.json": '{ "type": "module", "main": "lib/entry.js" }',
      "bridges/main/lib/entry.js": bridge("main"),
    };
    const uses = [
      ...Object.keys(packages),
      "./bridges/plain.js",
      "./bridges/typed.ts",
      "./bridges/folder",
      "./bridges/main",
    ];
    const channels = uses.map((use, index) => channel(`c${index}`, use)).join("");
    // Twice under different words is one bridge.
    expect(await checkConfig(channels + channel("again", "./bridges/../bridges/plain.js"), files)).toMatchObject({
      code: 0,
      out: "guichet.yaml: no faults: 1 agency, 8 channels\n",
    });
  });

  test("with a zod of its own: its faults and its secrets are guichet's", async () => {
    const files = {
      "node_modules/a-bridge/package.json": manifest("./index.js"),
      "node_modules/a-bridge/index.js": bridge("own"),
    };
    const copyZod = (root: string) =>
      cpSync(join(projectFolder, "node_modules", "zod"), join(root, "node_modules", "zod"), { recursive: true });
    const { lines } = await checkConfig(
      channel("good", "a-bridge") + channel("bad", "a-bridge", "loft: 3, key: { env: NOT_SET_ANYWHERE }"),
      files,
      copyZod,
    );
    expect(lines).toEqual([
      "guichet.yaml:5:52 channels.bad.loft: found 3, allowed: a text",
      expect.stringMatching(
        /^guichet\.yaml:5:67 channels\.bad\.key\.env: found the environment variable NOT_SET_ANYWHERE/,
      ),
    ]);
  });

  test("that is linked from a folder of its own, as npm does with file:", async () => {
    const files = {
      "code/package.json": manifest("./index.ts"),
      "code/index.ts": bridge("linked"),
      "etc/keep": "",
    };
    const link = (root: string) => {
      mkdirSync(join(root, "node_modules"));
      symlinkSync("../code", join(root, "node_modules", "a-bridge"));
    };
    expect(await checkConfig(channel("c", "a-bridge"), files, link)).toMatchObject({ code: 0 });
  });
});

test("every way to be no bridge is a fault of its line, all in one run", { timeout: 30_000 }, async () => {
  const cases: [use: string, source: string | undefined, found: string | RegExp][] = [
    ["./b/throws.js", 'throw new Error("no licence\\nsecond line");', "which cannot be loaded: no licence,"],
    ["./b/text.js", "throw 'words';", "which cannot be loaded: words,"],
    ["./b/syntax.js", "export default {", "which cannot be loaded: Unexpected"],
    [
      "./b/needs.js",
      'import "not-installed";',
      /cannot be loaded: Cannot find package 'not-installed'.*; run npm install in/,
    ],
    ["./b/waits.js", "await new Promise(() => {});", "which cannot be loaded: it has not loaded in 10 seconds"],
    ["./b/nothing.js", "export const a = 1;", "its default export is not an object with type, contract, config"],
    [
      "./b/future.js",
      bridge("future", '{ type: "future", contract: 2, config, create() {} }'),
      "generation 2 of the contract, and this guichet speaks 1",
    ],
    [
      "./b/shapeless.js",
      bridge("x", '{ type: "Two Words", contract: 1, config, create() {} }'),
      "type must be a lower-case word",
    ],
    [
      "./b/old.js",
      'export default { type: "old", contract: 1, config: { _def: {}, safeParse() {} }, create() {} };',
      "this one was made with zod 3",
    ],
    [
      "./b/unreadable.js",
      'export default { type: "u", contract: 1, config: { _zod: {}, safeParseAsync() {} }, create() {} };',
      "its settings cannot be read from its schema",
    ],
    [
      "./b/throwing.js",
      bridge("t", '{ type: "t", contract: 1, config: config.refine(() => { throw new Error("x"); }), create() {} }'),
      "settings at which the bridge's own schema fails",
    ],
    ["./b/unbuilt", '{ "exports": "./dist/index.js" }', "has no ./dist/index.js, its entry: build it there"],
    ["./b/empty", "x", "the folder FOLDER/b/empty has no index.js or index.ts"],
    ["fs", undefined, 'found "fs", and there is no package of that name in FOLDER/node_modules'],
    ["guichet-bridge-typed", undefined, "an installed package has to bring JavaScript"],
  ];
  const place: Record<string, string> = { "./b/unbuilt": "b/unbuilt/package.json", "./b/empty": "b/empty/readme" };
  const files = Object.fromEntries(
    cases.flatMap(([use, source]) => (source === undefined ? [] : [[place[use] ?? use, source]])),
  );
  const { code, lines } = await checkConfig(cases.map(([use], index) => channel(`c${index}`, use)).join(""), {
    ...files,
    "b/package.json": '{ "type": "module" }',
    "node_modules/guichet-bridge-typed/package.json": manifest("./index.ts"),
    "node_modules/guichet-bridge-typed/index.ts": "const a: number = 1; export default a;",
  });
  expect(code).toBe(1);
  expect(lines).toHaveLength(cases.length);
  for (const [index, [use, , found]] of cases.entries()) {
    const line = lines[index] ?? "";
    expect(line).toMatch(new RegExp(`^guichet\\.yaml:${index + 4}:\\d+ channels\\.c${index}`));
    expect([use, line]).toEqual([
      use,
      typeof found === "string" ? expect.stringContaining(found) : expect.stringMatching(found),
    ]);
  }
});

test("two packages with bridges of one type are refused: their citizens would share names", async () => {
  const { lines } = await checkConfig(channel("one", "./one.mjs") + channel("two", "./two.mjs"), {
    "one.mjs": bridge("pigeon"),
    "two.mjs": bridge("pigeon"),
  });
  expect(lines).toEqual([
    "guichet.yaml:5:15 channels.two.use: found a bridge of type pigeon, as channels.one has from another package, allowed: one package for all channels of a type, which is part of the names of its citizens' users",
  ]);
});

test("a module that was mended loads in the same process, and is one for all its channels", async () => {
  using folder = folderWith({ "mine.mjs": "throw new Error('not yet');" });
  const script = `
    import { writeFileSync } from "node:fs";
    import { findBridge } from ${JSON.stringify(new URL("../../src/config/find-bridge.ts", import.meta.url).href)};
    const look = () => findBridge("./mine.mjs", process.cwd()).catch(({ code }) => code);
    const before = await Promise.all([look(), look()]);
    writeFileSync("mine.mjs", ${JSON.stringify(bridge("mine"))});
    const [one, two] = await Promise.all([look(), look()]);
    console.log(JSON.stringify([before, one.type, one === two, one === (await look())]));
  `;
  const out = await new Promise<string>((resolve) => {
    const words = ["--input-type=module", "--eval", script];
    execFile(process.execPath, words, { cwd: dirname(folder.path("mine.mjs")) }, (_error, said, err) =>
      resolve(said + err),
    );
  });
  expect(out).toBe('[["BRIDGE_FAILED","BRIDGE_FAILED"],"mine",true,true]\n');
});
