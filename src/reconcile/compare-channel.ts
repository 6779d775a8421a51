import type { Bridge, CountedArrival } from "../adapter/index.ts";
import type { Database } from "../store/database.ts";
import { findTaken } from "../store/reconcile.ts";
import { type Finding, isWithin, type Period } from "./finding.ts";

export interface ChannelPart {
  readonly name: string;
  readonly bridge: Bridge;
}

/** How many arrivals are looked up together. */
const AT_ONCE = 100;

/**
 * Compares what a channel's remote still has with what the inbox took; what is missing is offered again by its own name.
 * One that holds news of an answer and nothing else leaves no row behind.
 */
export async function* compareChannel(
  { database, isFixing }: { readonly database: Database; readonly isFixing: boolean },
  { name, bridge }: ChannelPart,
  period: Period,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  if (!bridge.census) return;
  let group: CountedArrival[] = [];
  const look = async () => {
    const taken = await findTaken(
      database.relaxed,
      name,
      group.map(({ dedupeKey }) => dedupeKey),
    );
    const found: Finding[] = [];
    for (const { dedupeKey, receivedAt, take } of group.filter(({ dedupeKey }) => !taken.has(dedupeKey))) {
      const isRepaired = isFixing && (await take()) !== "refused";
      found.push({ code: "ARRIVAL_MISSING", isRepaired, channel: name, dedupeKey, at: receivedAt });
    }
    group = [];
    return found;
  };
  try {
    for await (const counted of bridge.census(period, signal)) {
      if (!isWithin(period, counted.receivedAt)) continue;
      group.push(counted);
      // What can be taken lives only until the next is asked for.
      if (isFixing || group.length >= AT_ONCE) yield* await look();
    }
    yield* await look();
  } catch (error) {
    if (signal.aborted) throw error;
    yield { code: "CHANNEL_UNCOUNTED", isRepaired: false, channel: name };
  }
}
