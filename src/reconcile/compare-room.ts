import { readMark } from "../conversation/arrival-mark.ts";
import { readOutcome } from "../desk/show-outcome.ts";
import { eventId, type RoomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { selectEvents } from "../matrix/incoming.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readRoomEvent } from "../matrix/read-room-event.ts";
import type { Database } from "../store/database.ts";
import { addEvents } from "../store/matrix-event.ts";
import {
  endAnswer,
  findKnownEvents,
  loseArrival,
  readShown,
  recallMessage,
  type ShownMessage,
  settleUnseen,
} from "../store/reconcile.ts";
import { addStanding } from "../store/standing.ts";
import { type Finding, isWithin, type Period } from "./finding.ts";
import { type TimelineEvent, type WalkParts, walkRoom } from "./walk-room.ts";

export interface RoomParts extends WalkParts {
  readonly database: Database;
  readonly isFixing: boolean;
}

const AT_ONCE = 500;

/** Compares one room's timeline with the store, both ways. */
export async function* compareRoom(parts: RoomParts, room: RoomId, period: Period): AsyncGenerator<Finding> {
  const seen = new Set<string>();
  const ended = new Map<string, "sent" | "failed">();
  try {
    for await (const page of walkRoom(parts, room, period.from)) {
      for (const event of page) {
        seen.add(event.id);
        noteOutcome(parts, event, ended);
      }
      yield* compareEvents(parts, room, page, { period, ended });
    }
    yield* compareMessages(parts, room, period, seen);
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    yield { code: "ROOM_CLOSED", isRepaired: false, room };
  }
}

/** Reactions are newer than what they are about: the walk has them first. */
function noteOutcome({ users }: RoomParts, event: TimelineEvent, ended: Map<string, "sent" | "failed">): void {
  if (event.type !== "m.reaction" || event.sender !== users.bot) return;
  const relation = event.content["m.relates_to"];
  if (!isRecord(relation) || typeof relation.event_id !== "string" || typeof relation.key !== "string") return;
  const outcome = readOutcome(relation.key);
  // The newest one counts.
  if (outcome && !ended.has(relation.event_id)) ended.set(relation.event_id, outcome);
}

async function* compareEvents(
  parts: RoomParts,
  room: RoomId,
  page: readonly TimelineEvent[],
  { period, ended }: { readonly period: Period; readonly ended: ReadonlyMap<string, "sent" | "failed"> },
): AsyncGenerator<Finding> {
  const { database, users, isFixing } = parts;
  const known = await findKnownEvents(
    database.relaxed,
    page.map(({ id }) => id),
  );
  for (const event of page) {
    const { id, type, sender, at } = event;
    const isGhosts = type === "m.room.message" && users.isOurs(sender) && sender !== users.bot;
    if (isGhosts && !known.messages.has(id) && at.getTime() < period.to.getTime()) {
      const isRepaired = isFixing && (await learnEvent(parts, room, event));
      yield { code: "EVENT_UNKNOWN", isRepaired, room, event: id, at };
    }
    const [told] = users.isOurs(sender) ? [] : selectEvents([event.whole], users);
    if (!told || !isWithin(period, at)) continue;
    const outcome = ended.get(id);
    if (outcome && isFixing) await endAnswer(database.durable, id, outcome);
    if (known.told.has(id)) continue;
    if (isFixing) {
      if (outcome) await settleUnseen(database.durable, id, room, at);
      else await addEvents(database.durable, [told]);
    }
    yield { code: "AGENT_EVENT_UNSEEN", isRepaired: isFixing, room, event: id, at };
  }
}

/** @returns whether the store knows the event now. */
async function learnEvent({ database, users }: RoomParts, room: RoomId, event: TimelineEvent): Promise<boolean> {
  const ghost = event.sender.slice(1, -users.domain.length - 1);
  if (await recallMessage(database.durable, { event: event.id, room, ghost })) return true;
  const found = readMark(event.content);
  if (found) await addStanding(database.durable, { ...found, event: event.id, room });
  return found !== undefined;
}

async function* compareMessages(
  parts: RoomParts,
  room: RoomId,
  period: Period,
  seen: ReadonlySet<string>,
): AsyncGenerator<Finding> {
  const { database, isFixing } = parts;
  for (let after = "", shown: ShownMessage[] = []; ; after = shown.at(-1)?.event ?? "") {
    shown = await readShown(database.relaxed, room, period, after, AT_ONCE);
    for (const { event, at, inbox } of shown) {
      // Those that came while the room was read, or that the walk's end cut off, are asked for one by one.
      if (seen.has(event) || (await stands(parts, room, event))) continue;
      if (isFixing && inbox !== undefined) await loseArrival(database.durable, event);
      // Its words come back from its channel, if they can: what stays lost is told at the end.
      yield { code: "EVENT_MISSING", isRepaired: isFixing && inbox !== undefined, room, event, inbox, at };
    }
    if (shown.length < AT_ONCE) return;
  }
}

const stands = async ({ client, users }: RoomParts, room: RoomId, event: string): Promise<boolean> =>
  (await readRoomEvent(client, room, eventId(event), users.bot)) !== undefined;
