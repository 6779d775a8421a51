import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, last } from "../fault.ts";
import { type Answered, type Handling, type HttpWire, refuse } from "../http-wire.ts";
import type { World } from "../world.ts";

const during = (
  name: string,
  wire: (world: World) => HttpWire,
  handle: (random: { chance(share: number): boolean }) => Handling,
): Fault => ({
  name,
  async inject(world, random) {
    wire(world).handling = handle(random);
    await last(random, 1_500, 4_000);
    wire(world).handling = undefined;
  },
});
const calls = ({ homeserverCalls }: World) => homeserverCalls;
const transactions = ({ transactions: wire }: World) => wire;
const isTransaction = (path: string) => path.includes("/transactions/");
const UNAVAILABLE: Answered = refuse(502, { errcode: "M_UNKNOWN", error: "Bad gateway" });

/** A homeserver that refuses, is slow, and hands over its transactions as a bad network would. */
export const homeserverFaults: readonly Fault[] = [
  during("homeserver-says-429", calls, (random) => async (_asked, pass) => {
    const busy = { errcode: "M_LIMIT_EXCEEDED", error: "Too many requests", retry_after_ms: 300 };
    return random.chance(0.7) ? refuse(429, busy) : pass();
  }),
  during("homeserver-says-5xx", calls, (random) => async (_asked, pass) => (random.chance(0.6) ? UNAVAILABLE : pass())),
  during("homeserver-answer-lost", calls, () => async (_asked, pass) => {
    await pass();
    return UNAVAILABLE;
  }),
  during("homeserver-slow", calls, () => async (_asked, pass) => {
    await sleep(1_500);
    return pass();
  }),
  during("transactions-repeated", transactions, () => async (asked, pass) => {
    if (!isTransaction(asked.path)) return pass();
    const [answer] = await Promise.all([pass(), pass()]);
    await pass();
    return answer;
  }),
  during("transactions-late-again", transactions, () => {
    const old: (() => Promise<Answered>)[] = [];
    return async (asked, pass) => {
      if (!isTransaction(asked.path)) return pass();
      const answer = await pass();
      // Those before come again, newest first, after this one.
      for (const again of old.splice(0).reverse()) await again();
      old.push(pass);
      return answer;
    };
  }),
  during("transactions-held-back", transactions, () => async (_asked, pass) => {
    await sleep(2_000);
    return pass();
  }),
  during("transactions-answer-lost", transactions, () => async (asked, pass) => {
    const answer = await pass();
    return isTransaction(asked.path) ? UNAVAILABLE : answer;
  }),
];
