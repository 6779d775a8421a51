// An SMS channel whose inbox and notes are two files that grow: what was written stays when the process is killed.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createMemoryHost } from "../../../src/conformance/memory-host.ts";
import { startSmsChannel } from "../sms-channel.ts";

const [folder = "", port] = process.argv.slice(2);
const readLines = (name: string): string[] => {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
};
const write = (name: string, ...words: readonly string[]) =>
  appendFileSync(join(folder, name), `${words.map((word) => JSON.stringify(word)).join(" ")}\n`);
const parse = (line: string): string[] => JSON.parse(`[${line.replaceAll('" "', '","')}]`);

const kept = new Map(
  readLines("notes").map((line): [string, string] => {
    const [key = "", value = ""] = parse(line);
    return [key, value];
  }),
);
const known = new Set(readLines("inbox").map((line) => parse(line)[0]));
const host = createMemoryHost(kept);
host.notes.set = async (key, value) => {
  await sleep(Math.random() * 3);
  write("notes", key, value);
  kept.set(key, value);
  await sleep(Math.random() * 3);
};
host.answer = async ({ dedupeKey, text }) => {
  await sleep(Math.random() * 5);
  if (known.has(dedupeKey)) return "duplicate";
  known.add(dedupeKey);
  write("inbox", dedupeKey, text);
  await sleep(Math.random() * 5);
  return "accepted";
};
await startSmsChannel({ smpp: { port: Number(port) }, parts_wait_seconds: 3600 }, host);
console.log("started");
