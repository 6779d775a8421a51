import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { arrange } from "./arrange.ts";
import { readChannels } from "./channels.ts";
import { check } from "./check.ts";
import type { Config } from "./config.ts";
import { crossCheck, type Part } from "./cross-check.ts";
import { type ConfigDocument, readDocument } from "./document.ts";
import { ConfigError, type Finding } from "./fault.ts";
import { type FindBridge, findBridge } from "./find-bridge.ts";
import { operatorSchema } from "./schema.ts";
import { shapeOf } from "./shape.ts";

/**
 * Reads and checks an operator's configuration file. Relative paths in it start from its folder; secrets come from
 * the environment and from files.
 * @throws ConfigError with all faults at once; nothing of a faulty file is used.
 */
export async function loadConfig(path: string, find: FindBridge = findBridge): Promise<Config> {
  const document = readDocument(readText(path), path);
  if (!document.readable) throw new ConfigError(document.faults);
  const file = resolve(path);
  const sources = { env: process.env, folder: dirname(file) };
  const core = await check(operatorSchema, document.value, [], sources);
  const channels = await readChannels(document.value, find, sources);
  const parts: Part[] = [
    { path: [], value: core.ok ? core.data : document.value, shape: shapeOf(operatorSchema) },
    ...channels.flatMap(({ part }) => (part ? [part] : [])),
  ];
  const findings = [
    ...(core.ok ? [] : core.findings),
    ...channels.flatMap((channel) => channel.findings),
    ...crossCheck(document.value, parts),
  ];
  if (!core.ok || findings.length > 0 || document.faults.length > 0) throw refuse(document, findings);
  return arrange(core.data, file, channels);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const found = code === "ENOENT" ? "no file" : `a file that cannot be read (${code})`;
    const allowed = "a configuration file: `guichet sample` prints one to begin with";
    throw new ConfigError([{ file: path, line: 1, column: 1, path: "", found, allowed }]);
  }
}

function refuse(document: ConfigDocument, findings: readonly Finding[]): ConfigError {
  const faults = [...document.faults, ...findings.map((finding) => document.place(finding))];
  return new ConfigError(faults.sort((a, b) => a.line - b.line || a.column - b.column));
}
