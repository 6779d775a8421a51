import type { Lane } from "../domain/ids.ts";

/** Whoever was served within this time is about, in milliseconds. */
const ABOUT_MS = 10_000;
/** Whoever had work all the time for so long, in milliseconds, or has so many lanes waiting, crowds those who are about. */
const CROWD_MS = 2_000;
const CROWD_LANES = 32;
/**
 * What a sharer that crowds others rests after each run, as a multiple of the run, and at most, in milliseconds. A crowd that
 * lasts rests less: it is not a mishap any more, and its own people wait.
 */
const REST = { first: 8, later: 3, laterMs: 10 * 60_000 };
const MOST_REST_MS = 1_000;

export interface Entry {
  readonly lane: Lane;
  isRunning: boolean;
  /** Waits for something outside, which ends in time. */
  isOutside: boolean;
  beganAt: number;
  /** Woken while it ran. */
  again: boolean;
}

/** One of those who share the slots: a channel's arrivals, a channel's answers, or the events of an agency's rooms. */
export interface Sharer {
  /** Which of the ways through the house. */
  readonly way: string;
  readonly whose: string;
  /** In the order in which they came. */
  readonly waiting: Entry[];
  /** Lanes that come back from outside. */
  readonly returning: (() => void)[];
  running: number;
  outside: number;
  /** Times are of the monotonic clock, in milliseconds: a clock that is set changes nothing. */
  servedAt: number;
  /** Since when there has been work without a pause. */
  busySince: number | undefined;
  restsUntil: number;
}

export const openSharer = (way: string, whose: string): Sharer => ({
  way,
  whose,
  waiting: [],
  returning: [],
  running: 0,
  outside: 0,
  servedAt: Number.NEGATIVE_INFINITY,
  busySince: undefined,
  restsUntil: Number.NEGATIVE_INFINITY,
});

type All = ReadonlyMap<string, Sharer>;

const isCrowding = ({ busySince, waiting }: Sharer, now: number) =>
  waiting.length > CROWD_LANES || (busySince !== undefined && now - busySince > CROWD_MS);

/** Whoever waits for a first turn is about too: a crowd that has all slots gives way to it at its next message. */
const isAbout = ({ running, outside, waiting, servedAt }: Sharer, now: number) =>
  running > 0 || (waiting.length > 0 && outside === 0) || servedAt > now - ABOUT_MS;

/** Those on the same way who are about, and crowd nobody. */
function quietBeside(sharer: Sharer, all: All, now: number): Sharer[] {
  const isQuiet = (other: Sharer) => other.way === sharer.way && isAbout(other, now) && !isCrowding(other, now);
  return [...all.values()].filter((other) => other !== sharer && isQuiet(other));
}

/** Whether those who have a message now and then would feel how much a sharer has to do. */
export const crowdsOthers = (sharer: Sharer, all: All, now: number): boolean =>
  isCrowding(sharer, now) && quietBeside(sharer, all, now).length > 0;

/** Whether one more lane of a sharer may have a slot. */
export function maySit(sharer: Sharer, all: All, { slots, now }: { slots: number; now: number }): boolean {
  if (sharer.running + sharer.outside >= slots) return false;
  const quiet = isCrowding(sharer, now) ? quietBeside(sharer, all, now) : [];
  if (quiet.length === 0) return sharer.running < mostOf(sharer, all, { slots, now });
  // One at a time, and between others' messages: what comes to them meets an idle homeserver most of the time. Their
  // having something to do all the time does not hold it up for ever.
  const isLate = now > sharer.restsUntil + MOST_REST_MS;
  return sharer.running === 0 && now >= sharer.restsUntil && (isLate || quiet.every(({ running }) => running === 0));
}

/** All slots for one who is alone. When others are about, those who have work leave as many free as each of them has. */
function mostOf(sharer: Sharer, all: All, { slots, now }: { slots: number; now: number }): number {
  const others = [...all.values()].filter((other) => other !== sharer);
  if (!others.some((other) => isAbout(other, now))) return slots;
  const busy = others.filter(({ busySince }) => busySince !== undefined).length + 1;
  return Math.max(1, Math.floor(slots / (busy + 1)));
}

/** How long a sharer that crowds others leaves them alone after a run; 0 for any other one. */
export function restAfter(sharer: Sharer, all: All, { ranMs, now }: { ranMs: number; now: number }): number {
  if (!crowdsOthers(sharer, all, now)) return 0;
  const crowding = [...all.values()].filter((each) => each.way === sharer.way && isCrowding(each, now)).length;
  const isOld = now - (sharer.busySince ?? now) > REST.laterMs;
  return Math.min(ranMs * (isOld ? REST.later : REST.first) * crowding, MOST_REST_MS);
}

/** Whoever has the fewest slots is served first, and of those whoever was served longest ago. */
export const isBefore = (one: Sharer, other: Sharer): boolean =>
  one.running === other.running ? one.servedAt < other.servedAt : one.running < other.running;
