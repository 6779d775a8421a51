import { type Kysely, sql } from "kysely";
import { type RoomId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** A room that has, or is about to have, a successor. */
export interface FullRoom {
  readonly room: RoomId;
  readonly agency: string;
  readonly successor: RoomId;
  readonly emptiedAt: Date | undefined;
}

/** The successor is known from now on, and what agents write in it belongs to the agency. */
export async function keepSuccessor(
  db: Kysely<Schema>,
  { agency, room, successor }: Pick<FullRoom, "agency" | "room" | "successor">,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto("agency_room")
      .values({ room_id: successor, agency, is_current: false })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await trx.updateTable("agency_room").set({ successor }).where("room_id", "=", room).execute();
  });
}

/** An agency's room whose successor is made, but does not stand in its place wholly yet. */
export async function findRolling(db: Kysely<Schema>, agency: string): Promise<FullRoom | undefined> {
  const row = await selectFull(db, agency).where("rolled_at", "is", null).limit(1).executeTakeFirst();
  return row && readFull(row);
}

export async function markRolled(db: Kysely<Schema>, room: RoomId): Promise<void> {
  await db.updateTable("agency_room").set({ rolled_at: new Date() }).where("room_id", "=", room).execute();
}

/** An agency's rooms that have a successor and no ghost any more, and no tombstone yet. */
export async function findEmptied(db: Kysely<Schema>, agency: string): Promise<FullRoom[]> {
  const rows = await selectFull(db, agency)
    .where("rolled_at", "is not", null)
    .where("closed_at", "is", null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom("ghost_membership as m")
            .select("m.localpart")
            .whereRef("m.room_id", "=", "agency_room.room_id")
            .where("m.left_at", "is", null),
        ),
      ),
    )
    .execute();
  return rows.map(readFull);
}

export async function markEmptied(db: Kysely<Schema>, room: RoomId): Promise<void> {
  await db.updateTable("agency_room").set({ emptied_at: new Date() }).where("room_id", "=", room).execute();
}

export async function markClosed(db: Kysely<Schema>, room: RoomId): Promise<void> {
  await db.updateTable("agency_room").set({ closed_at: new Date() }).where("room_id", "=", room).execute();
}

/** Whether `later` follows `room`, at once or after others. */
export async function isAfter(db: Kysely<Schema>, room: RoomId, later: RoomId): Promise<boolean> {
  const { rows } = await sql<{ follows: boolean }>`
    with recursive chain(room_id) as (
      select successor from agency_room where room_id = ${room}
      union
      select r.successor from agency_room r join chain c on r.room_id = c.room_id
    )
    select exists (select 1 from chain where room_id = ${later}) as follows`.execute(db);
  return rows[0]?.follows === true;
}

const selectFull = (db: Kysely<Schema>, agency: string) =>
  db
    .selectFrom("agency_room")
    .select(["room_id", "agency", "successor", "emptied_at"])
    .where("agency", "=", agency)
    .where("successor", "is not", null)
    .$narrowType<{ successor: string }>();

const readFull = (row: { room_id: string; agency: string; successor: string; emptied_at: Date | null }): FullRoom => ({
  room: roomId(row.room_id),
  agency: row.agency,
  successor: roomId(row.successor),
  emptiedAt: row.emptied_at ?? undefined,
});
