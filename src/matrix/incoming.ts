import { readDecision } from "../domain/decision.ts";
import { roomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import type { IncomingEvent } from "../store/matrix-event.ts";
import type { OurUsers } from "./identity.ts";

/** Event types that can mean something to a citizen, or move a room. Everything else never reaches the table. */
export const WANTED_TYPES = [
  "m.room.message",
  "m.sticker",
  "m.poll.start",
  "org.matrix.msc3381.poll.start",
  "m.room.redaction",
  "m.room.encrypted",
  "m.room.tombstone",
  "m.reaction",
];

/** Of these only events without a state key are wanted, of a tombstone only the state, of reactions those that decide something. */
function isWanted(type: string, stateKey: unknown, content: unknown): boolean {
  if (!WANTED_TYPES.includes(type) || stateKey !== (type === "m.room.tombstone" ? "" : undefined)) return false;
  return type !== "m.reaction" || readDecision(content) !== undefined;
}

/** Client-Server API, common identifier format; a longer one would not fit the table's index. */
const LONGEST_ID = 255;

/**
 * Keeps what guichet has to look at: events that others sent into rooms. Nothing that our own users send is ever
 * bridged back, and most of what a homeserver tells us is our own echo.
 */
export function selectEvents(events: readonly unknown[], users: OurUsers): IncomingEvent[] {
  return events.flatMap((event) => {
    if (!isRecord(event)) return [];
    const { event_id, room_id, sender, type, state_key, content } = event;
    if (typeof event_id !== "string" || typeof room_id !== "string" || typeof sender !== "string") return [];
    if (typeof type !== "string" || !isWanted(type, state_key, content)) return [];
    if (event_id.length > LONGEST_ID || room_id.length > LONGEST_ID) return [];
    return users.isOurs(sender) ? [] : [{ eventId: event_id, room: roomId(room_id), event }];
  });
}
