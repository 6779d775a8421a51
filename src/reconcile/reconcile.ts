import type { RoomId } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { findOverdue, listLost, listRooms, makeDue } from "../store/reconcile.ts";
import { type ChannelPart, compareChannel } from "./compare-channel.ts";
import { compareRoom, type RoomParts } from "./compare-room.ts";
import type { Finding, Period } from "./finding.ts";

/** What has been due for so long, in milliseconds, waits for nobody. */
const OVERDUE_MS = 5 * 60_000;
const MOST_OVERDUE = 10_000;

/**
 * Compares what the channels' remotes have, what the store has and what stands in the rooms, and yields what is missing.
 * Runs beside a guichet. Repairs never double: an arrival keeps its name, a post its transaction id, an event its id.
 * Rooms come first: what they show must be known before a channel offers it again.
 */
export async function* reconcile(
  parts: RoomParts & { readonly channels: readonly ChannelPart[]; readonly moreRooms?: readonly RoomId[] },
  period: Period,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  const { database, channels, isFixing, moreRooms = [] } = parts;
  const known = await listRooms(database.relaxed);
  const more = moreRooms.flatMap((room) =>
    known.some((each) => each.room === room) ? [] : [{ room, since: period.from }],
  );
  for (const { room, since } of [...known, ...more]) {
    signal.throwIfAborted();
    // What was said in a room before it was ours is nobody's answer.
    const from = since > period.from ? since : period.from;
    yield* compareRoom(parts, room, { ...period, from });
  }
  for (const channel of channels) yield* compareChannel({ database, isFixing }, channel, period, signal);
  for (const lost of await listLost(database.relaxed)) yield { code: "EVENT_MISSING", isRepaired: false, ...lost };
  yield* findLate(database, period, isFixing);
}

async function* findLate(database: Database, period: Period, isFixing: boolean): AsyncGenerator<Finding> {
  const dueBefore = new Date(Date.now() - OVERDUE_MS);
  for (const overdue of await findOverdue(database.relaxed, period, dueBefore, MOST_OVERDUE)) {
    if (isFixing) await makeDue(database.durable, overdue);
    yield { code: overdue.inbox ? "ARRIVAL_OVERDUE" : "ANSWER_OPEN", isRepaired: isFixing, ...overdue };
  }
}
