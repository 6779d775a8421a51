import type { Lane } from "../domain/ids.ts";
import type { Turn } from "../domain/turn.ts";
import { crowdsOthers, type Entry, isBefore, maySit, openSharer, restAfter, type Sharer } from "./sharer.ts";

/** A lane works for so long before it gives its slot to others that wait, in milliseconds. */
const TURN_MS = 500;
/** How soon it is seen that time alone gave somebody a turn, in milliseconds. */
const LOOK_MS = 1_000;
/** A run that lasts longer than this may never end, in milliseconds: its database may have died under it. */
const STUCK_MS = 10_000;
/** Lanes of one sharer that wait here; those beyond stay in the tables, where the sweep finds them. */
const MOST_WAITING = 10_000;

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
  /** Whether those who have work now and then would feel how much one has to do. */
  crowds(way: string, whose: string): boolean;
  /** Begins no lane any more. Resolves when all that have begun have ended. */
  stop(): Promise<void>;
}

/**
 * Shares the slots between channels, or whose the lanes are. Thousands of lanes that wait for one are a single turn to the
 * next one. While others are about, nobody has more than a share of the slots: what comes finds one free.
 */
export function shareSlots({ slots, run, giveBack }: SlotOptions): Slots {
  const sharers = new Map<string, Sharer>();
  const entries = new Map<Lane, Entry>();
  const running = new Set<Promise<void>>();
  let free = slots;
  let stopped = false;
  // Who may begin changes with time, too.
  const looking = setInterval(() => fill(), LOOK_MS).unref();

  const sharerOf = (way: string, whose: string): Sharer => {
    const name = `${way}/${whose}`;
    const sharer = sharers.get(name) ?? openSharer(way, whose);
    sharers.set(name, sharer);
    return sharer;
  };
  const mayBegin = (sharer: Sharer) => !stopped && maySit(sharer, sharers, { slots, now: performance.now() });
  const hasTurn = (sharer: Sharer) => sharer.returning.length > 0 || (sharer.waiting.length > 0 && mayBegin(sharer));

  const sit = (sharer: Sharer) => {
    free -= 1;
    sharer.running += 1;
    sharer.servedAt = performance.now();
    sharer.busySince ??= sharer.servedAt;
  };
  const rise = (sharer: Sharer) => {
    free += 1;
    sharer.running -= 1;
    sharer.servedAt = performance.now();
    if (sharer.running === 0 && sharer.waiting.length === 0) sharer.busySince = undefined;
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
  const rest = (sharer: Sharer, ranMs: number) => {
    const restMs = restAfter(sharer, sharers, { ranMs, now: performance.now() });
    if (restMs === 0) return;
    sharer.restsUntil = performance.now() + restMs;
    setTimeout(() => {
      // Timers and clocks differ by a little.
      sharer.restsUntil = Math.min(sharer.restsUntil, performance.now());
      fill();
    }, restMs);
  };

  const openTurn = (sharer: Sharer, entry: Entry): Turn => {
    const began = entry.beganAt;
    const isAwaited = () => sharer.waiting.length > 0 || (free === 0 && [...sharers.values()].some(hasTurn));
    return {
      isOver: () =>
        crowdsOthers(sharer, sharers, performance.now()) || (performance.now() > began + TURN_MS && isAwaited()),
      async outside(wait) {
        rise(sharer);
        sharer.outside += 1;
        entry.isOutside = true;
        fill();
        try {
          return await wait();
        } finally {
          sharer.outside -= 1;
          entry.isOutside = false;
          entry.beganAt = performance.now();
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
    const began = performance.now();
    entry.isRunning = true;
    entry.beganAt = began;
    entry.again = false;
    const ran = run(lane, whose, openTurn(sharer, entry)).then((hasMore) => {
      running.delete(ran);
      entry.isRunning = false;
      if (!hasMore && !entry.again) entries.delete(lane);
      else if (stopped) giveBack(lane, whose);
      else sharer.waiting.push(entry);
      rise(sharer);
      rest(sharer, performance.now() - began);
      fill();
    });
    running.add(ran);
    return ran;
  };

  const has = (lane: Lane) => {
    const entry = entries.get(lane);
    if (entry?.isRunning) entry.again = true;
    return entry !== undefined && !isStuck(entry);
  };
  return {
    enter(lane, whose) {
      if (has(lane)) return undefined;
      // Its lease decides whether somebody still works on it.
      if (entries.has(lane))
        return run(lane, whose, NO_TURN).then((hasMore) => (hasMore ? giveBack(lane, whose) : undefined));
      if (stopped) {
        giveBack(lane, whose);
        return undefined;
      }
      const sharer = sharerOf(lane.slice(0, lane.indexOf("/")), whose);
      const entry = { lane, isRunning: false, isOutside: false, beganAt: 0, again: false };
      if (free > 0 && sharer.waiting.length === 0 && mayBegin(sharer)) {
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
    crowds: (way, whose) => crowdsOthers(sharerOf(way, whose), sharers, performance.now()),
    async stop() {
      stopped = true;
      clearInterval(looking);
      for (const { whose, waiting } of sharers.values())
        for (const { lane } of waiting.splice(0)) {
          entries.delete(lane);
          giveBack(lane, whose);
        }
      while (running.size > 0) await Promise.all(running);
    },
  };
}

const isStuck = ({ isRunning, isOutside, beganAt }: Entry) =>
  isRunning && !isOutside && performance.now() - beganAt > STUCK_MS;

/** Of a run that has no slot. */
const NO_TURN: Turn = { isOver: () => true, outside: (wait) => wait() };
