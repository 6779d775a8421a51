import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { folderWith } from "../support/config-folder.ts";

const BIN = fileURLToPath(new URL("../../src/bin.js", import.meta.url));
const SIGNALS = new URL("../../src/cli/signals.ts", import.meta.url).href;
const CONFIG = `homeserver: { url: http://127.0.0.1:8008, domain: agents.example }
agencies: { town-hall: { name: Town Hall, room: "#town-hall:agents.example" } }
`;

/** Runs the command as an operator does, in a process of its own. */
function guichet(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...words], (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

describe("check-config", () => {
  test("counts what it found in a file without faults", async () => {
    using folder = folderWith({ "guichet.yaml": CONFIG });
    const path = folder.path("guichet.yaml");
    expect(await guichet("check-config", "--config", path)).toEqual({
      code: 0,
      out: `${path}: no faults: 1 agency, 0 channels\n`,
      err: "",
    });
  });

  test("says every fault and no stack", async () => {
    using folder = folderWith({ "guichet.yaml": `${CONFIG}logs: {}\nqueue: { concurrency: 0 }\n` });
    const { code, out, err } = await guichet("check-config", "-c", folder.path("guichet.yaml"));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(
      err
        .trim()
        .split("\n")
        .map((line) => line.replace(/^.*guichet\.yaml/, "")),
    ).toEqual([
      ":3:1 logs: found an unknown key, allowed: homeserver, appservice, public, bot, data_folder, database, queue, rooms, log, agencies, channels (did you mean log?)",
      ":4:23 queue.concurrency: found 0, allowed: a whole number from 1 to 256",
    ]);
  });
});

describe("registration", () => {
  test("writes, refuses to overwrite, updates and replaces", async () => {
    using folder = folderWith({ "guichet.yaml": CONFIG });
    const words = ["registration", "--config", folder.path("guichet.yaml")];
    const path = folder.path("data/registration.yaml");
    const token = () => /as_token: (\w+)/.exec(readFileSync(path, "utf8"))?.[1];

    const written = await guichet(...words);
    expect(written).toMatchObject({ code: 0, err: "" });
    expect(written.out).toContain("app_service_config_files");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const first = token();
    expect(written.out).not.toContain(first);

    const refused = await guichet(...words);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/^[^\n]*exists already[^\n]*\[REGISTRATION_EXISTS\]\n$/);

    expect((await guichet(...words, "--update", "--url", "http://10.0.0.1:9001")).code).toBe(0);
    expect(token()).toBe(first);
    expect(readFileSync(path, "utf8")).toContain("url: http://10.0.0.1:9001");

    expect((await guichet(...words, "--force")).code).toBe(0);
    expect(token()).not.toBe(first);
  });
});

describe("run", () => {
  test("starts nothing on a faulty file", async () => {
    using folder = folderWith({ "guichet.yaml": "agencies: 3\n" });
    const { code, out, err } = await guichet("run", "-c", folder.path("guichet.yaml"));
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("homeserver: found nothing");
  });
});

describe("wrong use and help", () => {
  test.each([[["chek-config"]], [["check-config", "--confg", "x"]], [["registration", "--force", "--update"]], [[]]])(
    "%j is code 2",
    async (words) => {
      const { code, out, err } = await guichet(...words);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      expect(err).not.toBe("");
    },
  );

  test("--help and --version are code 0", async () => {
    expect(await guichet("--help")).toMatchObject({ code: 0, err: "" });
    expect((await guichet("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("signals", () => {
  /** A process that says "stopped" as soon as it was told to stop, and then lives on. */
  const LISTENER = `
    import { stopOnSignals } from ${JSON.stringify(SIGNALS)};
    const signal = stopOnSignals({ info() {} });
    signal.addEventListener("abort", () => process.stdout.write("stopped"));
    setInterval(() => undefined, 1000);
    process.stdout.write("ready");`;

  test("the first stops, an echo of it is ignored, a second one ends the process at once", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "--eval", LISTENER]);
    const ended = once(child, "exit");
    expect(String((await once(child.stdout, "data"))[0])).toBe("ready");
    child.kill("SIGINT");
    expect(String((await once(child.stdout, "data"))[0])).toBe("stopped");
    child.kill("SIGINT");
    await sleep(400);
    expect(child.exitCode).toBeNull();
    child.kill("SIGTERM");
    expect(await ended).toEqual([1, null]);
  });
});
