import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { House } from "./house.ts";
import { becomesTrue } from "./patience.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** What breaks, this long after everything was up; times in milliseconds. */
export type Fault =
  /** kill -9 of guichet, and of as many later starts as there are times, each that long after it began. */
  | { readonly breaks: "guichet"; readonly afterMs: number; readonly startsMs: readonly number[] }
  | { readonly breaks: "synapse"; readonly afterMs: number; readonly signal: "SIGKILL" | "SIGTERM" }
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
    { breaks: "synapse", afterMs: afterMs(), signal: "SIGKILL" },
    { breaks: "synapse", afterMs: afterMs(), signal: "SIGTERM" },
    { breaks: "postgres", afterMs: afterMs() },
  ]);
}

/** Lets it happen, and resolves when all that has to be started from outside is up again. */
export async function suffer({ guichet, synapse }: House, fault: Fault, postgresFolder: string): Promise<void> {
  await sleep(fault.afterMs);
  if (fault.breaks === "synapse") return synapse.restart({ signal: fault.signal });
  if (fault.breaks === "postgres") {
    // Whoever started it starts it again.
    if (!(await becomesTrue(() => killPostgres(postgresFolder), 30_000))) throw new Error("no PostgreSQL to kill");
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

/** @returns false while there is none, as for a moment after its end. */
async function killPostgres(folder: string): Promise<boolean> {
  const file = await readFile(join(folder, "cluster", "postmaster.pid"), "utf8").catch(() => undefined);
  try {
    return file !== undefined && process.kill(Number(file.split("\n")[0]), "SIGKILL");
  } catch {
    return false;
  }
}
