import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "../test/support/seeded-random.ts";
import type { World } from "./world.ts";

/** One way in which the world breaks. */
export interface Fault {
  readonly name: string;
  /** False where this world lacks what breaks. */
  fits?(world: World): boolean;
  /** Recovery counts from its beginning, not its end: guichet's own start is a part of it. */
  readonly isOurStart?: true;
  /** Breaks it, and resolves when all is whole again. */
  inject(world: World, random: SeededRandom): Promise<void>;
}

/** Lasts from `low` to `high` milliseconds. */
export const last = (random: SeededRandom, low: number, high: number) => sleep(random.between(low, high));
