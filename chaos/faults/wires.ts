import { type Fault, last } from "../fault.ts";
import type { Direction } from "../tcp-wire.ts";
import { WIRE_NAMES, type WireName, type World } from "../world.ts";

const DIRECTIONS: readonly Direction[] = ["up", "down"];

/** Without Redis nothing passes on its wire. */
const fits = (wire: WireName) => (world: World) => wire !== "redis" || world.redis !== undefined;

const broken = (wire: WireName, does: "cut" | "stall", direction: Direction): Fault => ({
  name: `${wire}-wire-${does}-${direction}`,
  fits: fits(wire),
  async inject({ wires }, random) {
    // Some short, within a head or a greeting, and some long.
    const afterBytes = random.chance(0.5) ? random.between(0, 200) : random.between(200, 5_000);
    wires[wire].break({ does, direction, afterBytes });
    await last(random, 500, 3_000);
    wires[wire].mend();
  },
});

/** Connections that end after some bytes, go half open, or crawl. */
export const wireFaults: readonly Fault[] = WIRE_NAMES.flatMap((wire) => [
  ...DIRECTIONS.flatMap((direction) => [broken(wire, "cut", direction), broken(wire, "stall", direction)]),
  {
    name: `${wire}-wire-slow`,
    fits: fits(wire),
    async inject({ wires }, random) {
      wires[wire].break({ does: "slow", pauseMs: random.between(20, 200) });
      await last(random, 1_000, 3_000);
      wires[wire].mend();
    },
  },
]);
