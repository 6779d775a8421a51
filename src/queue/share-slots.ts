import type { Lane } from "../domain/ids.ts";
import type { Turn } from "../domain/turn.ts";

/** A lane works for so long before it gives its slot to others that wait, in milliseconds. */
const TURN_MS = 500;
/** Whoever had work within this time is about, in milliseconds. */
const ABOUT_MS = 5_000;
/** Lanes of one sharer that wait here; those beyond stay in the tables, where the sweep finds them. */
const MOST_WAITING = 10_000;
/** A sharer with more lanes waiting crowds those who are about. */
const CROWD = 50;

export interface SlotOptions {
  /** Lanes that work at once, and lanes of one sharer that wait outside. */
  readonly slots: number;
  /** Works on a lane; never rejects. @returns whether the lane has more to do at once. */
  run(lane: Lane, whose: string, turn: Turn): Promise<boolean>;
  /** Takes back a lane that has work, because there are no more slots for it here. */
  giveBack(lane: Lane, whose: string): void;
}

export interface Slots {
  /** @returns the lane's run, or undefined when it waits for its turn. */
  enter(lane: Lane, whose: string): Promise<void> | undefined;
  /** Whether the lane is here, and will be looked at from now on: whoever wakes it need not tell the queue. */
  has(lane: Lane): boolean;
  /** Whether so many lanes of a sharer wait that others, who have work too, would feel it. */
  crowds(lane: Lane, whose: string): boolean;
  /** Begins no lane any more. Resolves when all that have begun have ended. */
  stop(): Promise<void>;
}

interface Entry {
  readonly lane: Lane;
  isRunning: boolean;
  /** Woken while it ran. */
  again: boolean;
}

interface Sharer {
  readonly whose: string;
  /** In the order in which they came. */
  readonly waiting: Entry[];
  /** Lanes that come back from outside. */
  readonly returning: (() => void)[];
  running: number;
  outside: number;
  servedAt: number;
}

/**
 * Shares the slots between channels, or whose the lanes are. Whoever has the fewest slots is served next, and of those
 * whoever was served longest ago: thousands of lanes that wait for one channel are a single turn to the next one. While
 * others are about, nobody gets more than a share of the slots: what comes finds one free.
 */
export function shareSlots({ slots, run, giveBack }: SlotOptions): Slots {
  const share = Math.max(1, Math.floor(slots / 4));
  const sharers = new Map<string, Sharer>();
  const entries = new Map<Lane, Entry>();
  const running = new Set<Promise<void>>();
  let free = slots;
  let stopped = false;

  const sharerOf = (lane: Lane, whose: string): Sharer => {
    const name = nameSharer(lane, whose);
    const known = sharers.get(name);
    if (known) return known;
    const fresh = { whose, waiting: [], returning: [], running: 0, outside: 0, servedAt: 0 };
    sharers.set(name, fresh);
    return fresh;
  };
  const areOthersAbout = (sharer: Sharer) => {
    const since = Date.now() - ABOUT_MS;
    return [...sharers.values()].some((other) => other !== sharer && (other.running > 0 || other.servedAt > since));
  };
  const maySit = (sharer: Sharer) =>
    !stopped && sharer.outside < slots && (sharer.running < share || !areOthersAbout(sharer));
  const hasTurn = (sharer: Sharer) => sharer.returning.length > 0 || (sharer.waiting.length > 0 && maySit(sharer));
  const isBefore = (one: Sharer, other: Sharer) =>
    one.running === other.running ? one.servedAt < other.servedAt : one.running < other.running;

  const sit = (sharer: Sharer) => {
    free -= 1;
    sharer.running += 1;
    sharer.servedAt = Date.now();
  };
  const rise = (sharer: Sharer) => {
    free += 1;
    sharer.running -= 1;
    sharer.servedAt = Date.now();
  };
  const fill = () => {
    while (free > 0) {
      let chosen: Sharer | undefined;
      for (const each of sharers.values()) if (hasTurn(each) && (!chosen || isBefore(each, chosen))) chosen = each;
      if (!chosen) return;
      const comeBack = chosen.returning.shift();
      const entry = comeBack ? undefined : chosen.waiting.shift();
      sit(chosen);
      if (comeBack) comeBack();
      else if (entry) void work(chosen, entry);
    }
  };

  const openTurn = (sharer: Sharer): Turn => {
    const until = Date.now() + TURN_MS;
    return {
      isOver: () => free === 0 && Date.now() > until && [...sharers.values()].some((each) => each.waiting.length > 0),
      async outside(wait) {
        rise(sharer);
        sharer.outside += 1;
        fill();
        try {
          return await wait();
        } finally {
          sharer.outside -= 1;
          const back = new Promise<void>((resolve) => sharer.returning.push(resolve));
          fill();
          await back;
        }
      },
    };
  };
  /** For an entry that has a slot. */
  const work = (sharer: Sharer, entry: Entry): Promise<void> => {
    const { lane } = entry;
    const { whose } = sharer;
    entry.isRunning = true;
    entry.again = false;
    const ran = run(lane, whose, openTurn(sharer)).then((hasMore) => {
      running.delete(ran);
      entry.isRunning = false;
      rise(sharer);
      if (!hasMore && !entry.again) entries.delete(lane);
      else if (stopped) giveBack(lane, whose);
      else sharer.waiting.push(entry);
      fill();
    });
    running.add(ran);
    return ran;
  };

  const has = (lane: Lane) => {
    const entry = entries.get(lane);
    if (entry?.isRunning) entry.again = true;
    return entry !== undefined;
  };
  return {
    enter(lane, whose) {
      if (has(lane)) return undefined;
      if (stopped) {
        giveBack(lane, whose);
        return undefined;
      }
      const sharer = sharerOf(lane, whose);
      const entry = { lane, isRunning: false, again: false };
      if (free > 0 && sharer.waiting.length === 0 && maySit(sharer)) {
        entries.set(lane, entry);
        sit(sharer);
        return work(sharer, entry);
      }
      if (sharer.waiting.length < MOST_WAITING) {
        entries.set(lane, entry);
        sharer.waiting.push(entry);
      }
      fill();
      return undefined;
    },
    has,
    crowds(lane, whose) {
      const sharer = sharers.get(nameSharer(lane, whose));
      return sharer !== undefined && sharer.waiting.length > CROWD && areOthersAbout(sharer);
    },
    async stop() {
      stopped = true;
      for (const { whose, waiting } of sharers.values())
        for (const { lane } of waiting.splice(0)) giveBack(lane, whose);
      while (running.size > 0) await Promise.all(running);
    },
  };
}

/** Each way through the house by itself: answers that cannot leave hold up no arrival of their channel. */
const nameSharer = (lane: Lane, whose: string) => `${lane.slice(0, lane.indexOf("/"))}/${whose}`;
