import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SetUpError } from "./setup/say.js";

const LOOK_MS = 250;

export interface Watched {
  readonly name: string;
  readonly log: string;
  isRunning(): boolean;
}

/** Never resolves. @throws SetUpError as soon as one of the servers has ended by itself. */
export function watchServers(servers: readonly Watched[]): Promise<never> {
  const watching = look(servers);
  // Nobody may be waiting for it yet when it rejects.
  watching.catch(() => undefined);
  return watching;
}

async function look(servers: readonly Watched[]): Promise<never> {
  for (;;) {
    const ended = servers.find(({ isRunning }) => !isRunning());
    if (ended) throw new SetUpError(`${ended.name} has ended by itself. ${sayEndOf(ended.log)}`);
    await sleep(LOOK_MS);
  }
}

/** @throws SetUpError when the time is over. */
export async function refuseAfter(limitMs: number, log: string): Promise<never> {
  await sleep(limitMs);
  throw new SetUpError(`guichet was not up in ${limitMs / 1000} s. ${sayEndOf(log)}`);
}

function sayEndOf(log: string): string {
  const lines = readFileSync(log, "utf8").trimEnd().split("\n").slice(-5);
  return `The end of ${log}:\n${lines.map((line) => `  | ${line}`).join("\n")}`;
}
