import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, last } from "../fault.ts";
import type { World } from "../world.ts";

/** A server that is killed and started again, and one that stands still for a while. */
function pair(
  name: string,
  part: (world: World) => {
    readonly fits?: boolean;
    kill(): Promise<void>;
    start(): Promise<void>;
    signal(signal: NodeJS.Signals): void;
  },
): Fault[] {
  const fits = (world: World) => part(world).fits ?? true;
  return [
    {
      name: `${name}-killed`,
      fits,
      async inject(world, random) {
        await part(world).kill();
        await last(random, 0, 2_000);
        await part(world).start();
      },
    },
    {
      name: `${name}-frozen`,
      fits,
      async inject(world, random) {
        part(world).signal("SIGSTOP");
        await last(random, 500, 6_000);
        part(world).signal("SIGCONT");
      },
    },
  ];
}

/** Nothing more to do: whoever keeps it starts it again. */
const byItself = async () => undefined;

export const serverFaults: readonly Fault[] = [
  ...pair("database", ({ database }) => ({
    kill: () => database.kill(),
    start: byItself,
    signal: (signal) => database.signal(signal),
  })),
  ...pair("synapse", ({ house: { synapse } }) => ({
    kill: () => synapse.stop("SIGKILL"),
    start: () => synapse.start(),
    signal: (signal) => synapse.signal(signal),
  })),
  ...pair("redis", ({ redis }) => ({
    fits: redis !== undefined,
    kill: async () => redis?.stop("SIGKILL"),
    start: async () => redis?.start(),
    signal: (signal) => redis?.signal(signal),
  })),
  ...pair("mail-server", ({ mailServer }) => mailServer),
  ...pair("smsc", ({ smsc }) => smsc),
  {
    name: "redis-flushed",
    fits: ({ redis }) => redis !== undefined,
    async inject({ redis }) {
      if (redis) await flush(redis.port);
    },
  },
  {
    // Events that a homeserver had for us and lost with its end (synapse#11637).
    name: "synapse-forgets",
    async inject({ house: { guichet, synapse } }, random) {
      process.kill(guichet.pid, "SIGSTOP");
      await last(random, 1_500, 3_000);
      await synapse.stop("SIGKILL");
      process.kill(guichet.pid, "SIGCONT");
      await synapse.start();
    },
  },
  {
    name: "disk-full",
    fits: ({ database }) => database.disk !== undefined,
    async inject({ database }, random) {
      await database.disk?.fill();
      await last(random, 2_000, 5_000);
      await database.disk?.clear();
      await sleep(500);
    },
  },
];

function flush(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("FLUSHALL\r\n"));
    socket.once("error", reject);
    socket.once("data", () => {
      socket.destroy();
      resolve();
    });
  });
}
