import type { Kysely } from "kysely";
import { type ConversationId, conversationId, type RoomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

export interface PortalOwner {
  readonly conversation: ConversationId;
  readonly agency: string;
}

/** The conversation whose own room this is, or was before it moved on. */
export async function findPortalOwner(db: Kysely<Schema>, room: RoomId): Promise<PortalOwner | undefined> {
  const row = await db
    .selectFrom("portal_room as p")
    .innerJoin("conversation as c", "c.id", "p.conversation_id")
    .select(["c.id", "c.agency"])
    .where("p.room_id", "=", room)
    .executeTakeFirst();
  return row && { conversation: conversationId(row.id), agency: row.agency };
}

/**
 * Another room takes a room's place: its conversations go on there, each with its next message, and an agency's new ones
 * begin there. Repeated it changes nothing.
 */
export async function moveRoom(db: Kysely<Schema>, from: RoomId, to: RoomId): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable("conversation")
      .set({ room_id: to, root_event_id: null })
      .where("room_id", "=", from)
      .execute();
    const portal = await trx.selectFrom("portal_room").select("conversation_id").where("room_id", "=", from).execute();
    for (const { conversation_id } of portal)
      await trx
        .insertInto("portal_room")
        .values({ room_id: to, conversation_id })
        .onConflict((conflict) => conflict.column("room_id").doNothing())
        .execute();
    const shared = await trx
      .updateTable("agency_room as a")
      .from("agency_room as before")
      .set({ is_current: false })
      .whereRef("before.room_id", "=", "a.room_id")
      .where("a.room_id", "=", from)
      .returning(["a.agency", "before.is_current"])
      .execute();
    for (const { agency, is_current } of shared)
      await trx
        .insertInto("agency_room")
        .values({ room_id: to, agency, is_current })
        .onConflict((conflict) =>
          is_current ? conflict.column("room_id").doUpdateSet({ is_current }) : conflict.column("room_id").doNothing(),
        )
        .execute();
  });
}
