import type { Lane } from "../domain/ids.ts";
import type { Arrival } from "../store/inbox.ts";

/** Code under which arrivals are set aside that come too fast from one correspondent. */
export const FLOOD = "FLOOD";

/**
 * Arrivals of one correspondent within an hour. Two machines that write to each other pass the first limit soon; people,
 * and forms that send in their name, stay below the second.
 */
const MOST_AN_HOUR = { automatic: 120, any: 5_000 };
const HOUR_MS = 60 * 60_000;
/** Correspondents that are counted at once. */
const MOST_PEERS = 20_000;

/** Counts in memory: what a restart forgets delays the end of a loop by an hour at most. */
export interface FloodGuard {
  /** Counts an arrival. @returns false when it is one too many. */
  admits(lane: Lane, arrival: Pick<Arrival, "message" | "receivedAt" | "attempts">): boolean;
}

export function openFloodGuard(): FloodGuard {
  const peers = new Map<Lane, { hour: number; automatic: number; any: number }>();
  return {
    admits(lane, { message, receivedAt, attempts }) {
      if (message.wasHeld || attempts > 0) return true;
      const hour = hourOf(receivedAt);
      const known = peers.get(lane);
      const count = known?.hour === hour ? known : { hour, automatic: 0, any: 0 };
      count.any += 1;
      if (message.automatic) count.automatic += 1;
      peers.delete(lane);
      peers.set(lane, count);
      const [oldest] = peers.keys();
      if (peers.size > MOST_PEERS && oldest !== undefined) peers.delete(oldest);
      return count.any <= MOST_AN_HOUR.any && (!message.automatic || count.automatic <= MOST_AN_HOUR.automatic);
    },
  };
}

/** By the time of arrival: a mailbox that was left alone for a year is no flood. */
export const hourOf = (at: Date) => Math.floor(at.getTime() / HOUR_MS);
