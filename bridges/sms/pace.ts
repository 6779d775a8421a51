import { pause } from "../../src/adapter/index.ts";

/** Lets so many run at once, so many begin in a second, and none while the other side asks for a rest. */
export interface Pace {
  /** Resolves when it is the caller's turn, with what ends the turn. Rejects with the signal's reason when it aborts. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Does the work when it is its turn, and ends the turn. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** The other side asks for less: nothing begins for a while, longer each time in a row. */
  slow(): void;
  /** The other side asks for nothing at all for so many milliseconds. */
  rest(milliseconds: number): void;
  /** Milliseconds until something may begin again. */
  restsFor(): number;
  /** The other side took one. */
  ease(): void;
}

const FIRST_REST = 250;
const LONGEST_REST = 15_000;
/** Timers are no finer: a shorter wait would only make it slower than was asked for. */
const GRAIN = 2;

export function createPace(window: number, perSecond: number): Pace {
  const queue: (() => void)[] = [];
  let running = 0;
  let nextAt = 0;
  let restUntil = 0;
  let rests = 0;

  /** The place goes to the next in line without being free in between. */
  const leave = () => {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  const enter = async (signal: AbortSignal) => {
    signal.throwIfAborted();
    if (running < window) {
      running += 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      const place = queue.indexOf(resolve);
      if (place === -1) return;
      queue.splice(place, 1);
      reject(signal.reason);
    };
    queue.push(resolve);
    signal.addEventListener("abort", giveUp, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", giveUp));
  };
  const take = async (signal: AbortSignal) => {
    await enter(signal);
    const at = Math.max(nextAt, Date.now());
    nextAt = at + 1000 / perSecond;
    // A rest may be asked for while one waits.
    for (let wait = at - Date.now(); wait > GRAIN && !signal.aborted; wait = Math.max(at, restUntil) - Date.now())
      await pause(wait, signal);
    if (signal.aborted) {
      leave();
      throw signal.reason;
    }
    return leave;
  };
  const rest = (milliseconds: number) => {
    restUntil = Math.max(restUntil, Date.now() + milliseconds);
    nextAt = Math.max(nextAt, restUntil);
  };
  return {
    take,
    run: async (work, signal) => {
      const end = await take(signal);
      try {
        return await work();
      } finally {
        end();
      }
    },
    slow: () => {
      rest(Math.min(LONGEST_REST, FIRST_REST * 2 ** Math.min(rests, 10)) * (0.75 + Math.random() / 2));
      rests += 1;
    },
    rest,
    restsFor: () => Math.max(0, restUntil - Date.now()),
    ease: () => {
      rests = 0;
    },
  };
}
