import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { printSample } from "../../src/config/sample.ts";
import { folderWith } from "../support/config-folder.ts";

const SAMPLE = fileURLToPath(new URL("../../config.sample.yaml", import.meta.url));
const VARIABLES = ["TOWN_MAIL_PASSWORD", "GUICHET_DATABASE_URL", "GUICHET_REDIS_URL"] as const;

test("config.sample.yaml is what the schemas say: npm run sample > config.sample.yaml", async () => {
  expect(readFileSync(SAMPLE, "utf8")).toBe(await printSample());
});

test("the sample has no fault", async () => {
  vi.stubEnv(VARIABLES[0], "secret");
  const config = await loadConfig(SAMPLE);
  expect([...config.agencies.keys()]).toEqual(["town-hall"]);
  expect([...config.channels.keys()]).toEqual(["town-mail"]);
  vi.unstubAllEnvs();
});

test("each setting that the sample shows as a comment is known to the schemas", async () => {
  const text = readFileSync(SAMPLE, "utf8").replace(/^( *)#(?! )(.+)$/gm, "$1$2");
  using folder = folderWith({ "guichet.yaml": text });
  const faults = await loadConfig(folder.path("guichet.yaml")).then(
    () => "",
    (error: unknown) => String(error),
  );
  expect(faults).not.toMatch(/unknown key|the YAML/);
  expect(text).toMatch(/^ {4}undo_seconds: 10$/m);
});

test("every secret in the sample comes from the environment", () => {
  const found = [...readFileSync(SAMPLE, "utf8").matchAll(/\{ env: (\w+) \}/g)].map((match) => match[1]);
  const offered = ["TOWN_MAIL_REFRESH_TOKEN", "TOWN_MAIL_CLIENT_SECRET"];
  expect(new Set(found)).toEqual(new Set([...VARIABLES, ...offered, "NAME"]));
});
