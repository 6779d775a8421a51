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

test("the channels that the sample shows as comments work once they are switched on", async () => {
  const [live = "", shown = ""] = readFileSync(SAMPLE, "utf8").split(/^(?= {2}#town-sms:)/m);
  const text = live.replace(/^#public:\n(#.*\n)+/m, "public: { url: https://guichet.town.example }\n");
  using folder = folderWith({ "guichet.yaml": text + shown.replace(/^ {2}#/gm, "  ") });
  for (const name of [VARIABLES[0], "TOWN_SMS_PASSWORD"]) vi.stubEnv(name, "secret");
  const { channels } = await loadConfig(folder.path("guichet.yaml"));
  expect([...channels.values()].map(({ name, type }) => [name, type])).toEqual([
    ["town-mail", "email"],
    ["town-sms", "sms"],
    ["town-form", "webform"],
  ]);
  vi.unstubAllEnvs();
});

test("every secret in the sample comes from the environment", () => {
  const found = [...readFileSync(SAMPLE, "utf8").matchAll(/\{ env: (\w+) \}/g)].map((match) => match[1]);
  const offered = ["TOWN_MAIL_REFRESH_TOKEN", "TOWN_MAIL_CLIENT_SECRET", "TOWN_SMS_PASSWORD"];
  const ofGateways = ["TOWN_SMS_SECRET", "TOWN_SMS_TOKEN", "TOWN_SMS_SIGNING_SECRET"];
  const unnamed = ["TOWN_SMS_GATEWAY_HTTP_KEY", "TOWN_SMS_GATEWAY_HTTP_CONSUMER_KEY"];
  expect(new Set(found)).toEqual(new Set([...VARIABLES, ...offered, ...ofGateways, ...unnamed, "NAME"]));
});
