import type { Kysely } from "kysely";
import { type RoomId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

export interface AgencyRoom {
  readonly agency: string;
  readonly room: RoomId;
  /** The one that the agency's new conversations go to. Old conversations remember their own. */
  readonly isCurrent: boolean;
}

export async function makeRoomCurrent(db: Kysely<Schema>, agency: string, room: RoomId): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("agency_room").set({ is_current: false }).where("agency", "=", agency).execute();
    await trx
      .insertInto("agency_room")
      .values({ room_id: room, agency, is_current: true })
      .onConflict((conflict) => conflict.column("room_id").doUpdateSet({ agency, is_current: true }))
      .execute();
  });
}

/** The spaces that hold agencies' rooms, by agency. */
export async function listSpaces(db: Kysely<Schema>): Promise<ReadonlyMap<string, RoomId>> {
  const rows = await db.selectFrom("agency_space").select(["agency", "room_id"]).execute();
  return new Map(rows.map((row) => [row.agency, roomId(row.room_id)]));
}

export async function keepSpace(db: Kysely<Schema>, agency: string, room: RoomId): Promise<void> {
  await db
    .insertInto("agency_space")
    .values({ agency, room_id: room })
    .onConflict((conflict) => conflict.column("agency").doUpdateSet({ room_id: room }))
    .execute();
}

export async function listAgencyRooms(db: Kysely<Schema>): Promise<AgencyRoom[]> {
  const rows = await db.selectFrom("agency_room").select(["room_id", "agency", "is_current"]).execute();
  return rows.map((row) => ({ agency: row.agency, room: roomId(row.room_id), isCurrent: row.is_current }));
}
