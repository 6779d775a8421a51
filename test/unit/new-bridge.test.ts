import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { projectFolder } from "../../demo/setup/paths.js";
import { folderWith } from "../support/config-folder.ts";

const BIN = fileURLToPath(new URL("../../src/bin.js", import.meta.url));
const CONFIG = `homeserver: { url: http://127.0.0.1:8008, domain: agents.example }
agencies: { town-hall: { name: Town Hall, room: "#town-hall:agents.example" } }
channels:
  one:
    use: ./guichet-bridge-carrier-pigeon/index.ts
    agency: town-hall
    address: loft
    listen: { port: 8090 }
    url: http://127.0.0.1:8091/
`;
const MODULES = ["@types", "pino", "typescript", "vitest", "zod"];

interface Ended {
  readonly code: number;
  readonly out: string;
}

function run(cwd: string, ...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out: out + err }),
    );
  });
}

test("what new-bridge writes passes its types and its tests, and guichet takes it", { timeout: 180_000 }, async () => {
  using folder = folderWith({ "guichet.yaml": CONFIG });
  const root = dirname(folder.path("guichet.yaml"));
  expect(await run(root, BIN, "new-bridge", "carrier-pigeon")).toMatchObject({ code: 0 });
  const bridge = join(root, "guichet-bridge-carrier-pigeon");
  for (const file of readdirSync(bridge)) expect(readFileSync(join(bridge, file), "utf8")).not.toMatch(/skeleton/i);
  expect(JSON.parse(readFileSync(join(bridge, "package.json"), "utf8"))).toMatchObject({
    name: "guichet-bridge-carrier-pigeon",
    devDependencies: { guichet: expect.stringMatching(/^file:\.\./) },
  });

  // As `npm install` would: guichet as a link, and what it is developed with.
  mkdirSync(join(bridge, "node_modules"));
  symlinkSync(projectFolder, join(bridge, "node_modules", "guichet"));
  for (const name of MODULES)
    symlinkSync(join(projectFolder, "node_modules", name), join(bridge, "node_modules", name));
  expect(await run(bridge, "node_modules/typescript/bin/tsc", "--noEmit")).toEqual({ code: 0, out: "" });
  expect(await run(bridge, "node_modules/vitest/vitest.mjs", "run")).toMatchObject({ code: 0 });
  expect(await run(bridge, "node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json")).toEqual({
    code: 0,
    out: "",
  });

  expect(await run(root, BIN, "check-config")).toEqual({
    code: 0,
    out: "guichet.yaml: no faults: 1 agency, 1 channel\n",
  });
  writeFileSync(folder.path("guichet.yaml"), CONFIG.replace("/index.ts", ""));
  expect(await run(root, BIN, "check-config")).toMatchObject({ code: 0 });
});

test("new-bridge writes over nothing, and takes no name that is none", async () => {
  using folder = folderWith({ "index.ts": "mine" });
  const root = dirname(folder.path("index.ts"));
  expect(await run(root, BIN, "new-bridge", "irc", "--folder", ".")).toMatchObject({
    code: 1,
    out: "index.ts exists already: name another folder with --folder. [NEW_BRIDGE_EXISTS]\n",
  });
  expect(readdirSync(root)).toEqual(["index.ts"]);
  expect(await run(root, BIN, "new-bridge", "@town/guichet-bridge-irc", "--folder", "irc")).toMatchObject({ code: 0 });
  expect(readFileSync(join(root, "irc", "package.json"), "utf8")).toContain('"@town/guichet-bridge-irc"');
  for (const name of ["Irc", "i r c", "../irc", "guichet-bridge-", "a-"])
    expect((await run(root, BIN, "new-bridge", name)).out).toContain("[NEW_BRIDGE_NAME]");
});
