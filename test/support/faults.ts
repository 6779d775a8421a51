import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AnsweringAgent } from "./answering-agent.ts";
import type { House } from "./house.ts";
import { becomesTrue } from "./patience.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** Time in which the agent writes while guichet stands still, in milliseconds. */
const WRITING_MS = 1_000;
/** Mails that then wait for the agent, and how long they are gathered at most. */
const WAITING = 5;
const WAITING_MS = 20_000;

/** What breaks, this long after everything was up; times in milliseconds. */
export type Fault =
  /** kill -9 of guichet, and of as many later starts as there are times, each that long after it began. */
  | { readonly breaks: "guichet"; readonly afterMs: number; readonly startsMs: readonly number[] }
  /** `frozen`: with events of the agent on their way that guichet, which stands still, does not take: Synapse forgets them. */
  | {
      readonly breaks: "synapse";
      readonly afterMs: number;
      readonly signal: "SIGKILL" | "SIGTERM";
      readonly frozen: boolean;
    }
  | { readonly breaks: "postgres"; readonly afterMs: number };

/** @param count kills of guichet in all, those of half-started ones included. */
export function planKills(random: SeededRandom, count: number): Fault[] {
  const faults: Fault[] = [];
  for (let left = count; left > 0; ) {
    const again = random.chance(0.35) ? random.between(1, Math.min(2, left)) : 0;
    const startsMs = Array.from({ length: Math.min(again, left - 1) }, () => random.between(50, 1_800));
    faults.push({ breaks: "guichet", afterMs: random.between(30, 1_500), startsMs });
    left -= 1 + startsMs.length;
  }
  return faults;
}

export function planOutages(random: SeededRandom): Fault[] {
  const afterMs = () => random.between(100, 1_500);
  return random.shuffle<Fault>([
    { breaks: "synapse", afterMs: afterMs(), signal: "SIGKILL", frozen: true },
    { breaks: "synapse", afterMs: afterMs(), signal: "SIGTERM", frozen: false },
    { breaks: "postgres", afterMs: afterMs() },
  ]);
}

/** What can break. */
export interface World {
  readonly house: House;
  /** Folder of the embedded PostgreSQL. */
  readonly postgres: string;
  readonly agent: AnsweringAgent;
}

/** Lets it happen, and resolves when all that has to be started from outside is up again. */
export async function suffer({ house, postgres, agent }: World, fault: Fault): Promise<void> {
  const { guichet, synapse } = house;
  if (fault.breaks === "synapse" && fault.frozen) agent.pause();
  await sleep(fault.afterMs);
  if (fault.breaks === "synapse") {
    if (fault.frozen) {
      await becomesTrue(() => agent.waiting >= WAITING, WAITING_MS);
      process.kill(guichet.pid, "SIGSTOP");
      agent.resume();
      await sleep(WRITING_MS);
    }
    await synapse.stop(fault.signal);
    if (fault.frozen) process.kill(guichet.pid, "SIGCONT");
    await synapse.start();
    return;
  }
  if (fault.breaks === "postgres") {
    // Whoever started it starts it again.
    if (!(await becomesTrue(() => killPostgres(postgres), 30_000))) throw new Error("no PostgreSQL to kill");
    return;
  }
  await guichet.end("SIGKILL");
  for (const lifeMs of fault.startsMs) {
    const start = guichet.start().catch(() => undefined);
    await sleep(lifeMs);
    await guichet.end("SIGKILL");
    await start;
  }
  await guichet.start();
}

/** SIGKILL of the embedded PostgreSQL in `folder`. @returns false while there is none, as for a moment after its end. */
export async function killPostgres(folder: string): Promise<boolean> {
  const file = await readFile(join(folder, "cluster", "postmaster.pid"), "utf8").catch(() => undefined);
  try {
    return file !== undefined && process.kill(Number(file.split("\n")[0]), "SIGKILL");
  } catch {
    return false;
  }
}
