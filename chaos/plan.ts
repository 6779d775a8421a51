import { seededRandom } from "../test/support/seeded-random.ts";
import type { Fault } from "./fault.ts";
import { guichetFaults } from "./faults/guichet.ts";
import { homeserverFaults } from "./faults/homeserver.ts";
import { serverFaults } from "./faults/servers.ts";
import { wireFaults } from "./faults/wires.ts";
import type { World } from "./world.ts";

export const FAULTS: readonly Fault[] = [...guichetFaults, ...serverFaults, ...wireFaults, ...homeserverFaults];

export interface PlannedFault {
  readonly fault: Fault;
  /** Of the fault's own chances. */
  readonly seed: number;
  /** How long all is well before it, in milliseconds. */
  readonly waitMs: number;
}

/**
 * The same seed, count and names give the same plan. Each fault comes once before any comes again.
 * @param only names, or the beginnings of names; empty: all.
 */
export function planFaults(seed: number, count: number, only: readonly string[], world: World): PlannedFault[] {
  const random = seededRandom(seed);
  const chosen = FAULTS.filter(({ name }) => only.length === 0 || only.some((wanted) => name.startsWith(wanted)));
  const fitting = chosen.filter(({ fits }) => fits?.(world) ?? true);
  if (fitting.length === 0) throw new Error(`no such fault: ${FAULTS.map(({ name }) => name).join(", ")}`);
  const planned: PlannedFault[] = [];
  while (planned.length < count)
    for (const fault of random.shuffle(fitting))
      planned.push({ fault, seed: random.between(0, 2 ** 31), waitMs: random.between(100, 1_200) });
  return planned.slice(0, count);
}
