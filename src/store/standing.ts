import type { Kysely } from "kysely";
import { type ConversationId, conversationId, type EventId, eventId, type RoomId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** An arrival that stands in a room although the store had no row of it. */
export interface Standing {
  readonly room: RoomId;
  /** Under this number the conversation began. */
  readonly conversation: ConversationId;
  /** Its events by their parts. */
  readonly events: ReadonlyMap<string, EventId>;
}

export async function findStanding(db: Kysely<Schema>, mark: string): Promise<Standing | undefined> {
  const rows = await db
    .selectFrom("standing")
    .select(["part", "event_id", "room_id", "conversation"])
    .where("mark", "=", mark)
    .execute();
  const [first] = rows;
  return (
    first && {
      room: roomId(first.room_id),
      conversation: conversationId(first.conversation),
      events: new Map(
        rows.filter(({ room_id }) => room_id === first.room_id).map((row) => [row.part, eventId(row.event_id)]),
      ),
    }
  );
}

/** @param standing found in a room; what is known already is passed over. */
export async function addStanding(
  db: Kysely<Schema>,
  standing: { mark: string; part: string; event: string; room: RoomId; conversation: string },
): Promise<void> {
  const { mark, part, event, room, conversation } = standing;
  await db
    .insertInto("standing")
    .values({ mark, part, event_id: event, room_id: room, conversation })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
