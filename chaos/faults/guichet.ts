import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, last } from "../fault.ts";

/** How the process itself ends, stands still and loses its sense of time. */
export const guichetFaults: readonly Fault[] = [
  {
    name: "guichet-killed",
    isOurStart: true,
    async inject({ house }, random) {
      await house.guichet.end("SIGKILL");
      if (random.chance(0.3)) {
        const start = house.guichet.start().catch(() => undefined);
        await last(random, 50, 2_500);
        await house.guichet.end("SIGKILL");
        await start;
      }
      await house.guichet.start();
    },
  },
  {
    name: "guichet-ended",
    isOurStart: true,
    async inject({ house }, random) {
      await house.guichet.end("SIGTERM");
      await last(random, 0, 1_500);
      await house.guichet.start();
    },
  },
  {
    name: "guichet-frozen",
    async inject({ house }, random) {
      process.kill(house.guichet.pid, "SIGSTOP");
      // Longer and shorter than a lane's lease.
      await last(random, 1_000, 20_000);
      process.kill(house.guichet.pid, "SIGCONT");
    },
  },
  {
    name: "clock-jumps",
    async inject(world, random) {
      await world.shiftClock(random.between(5, 40) * 1_000 * (random.chance(0.5) ? 1 : -1));
      await last(random, 2_000, 5_000);
      await world.shiftClock(0);
      // Whoever looks does so five times a second.
      await sleep(300);
    },
  },
];
