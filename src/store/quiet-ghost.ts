import { type Kysely, sql } from "kysely";
import { type Lane, type RoomId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** A ghost in an agency room that has perhaps been quiet. */
export interface QuietGhost {
  readonly localpart: string;
  readonly room: RoomId;
  readonly displayName: string;
  readonly channelType: string;
  readonly address: string;
}

/** Those whose conversations had no message since `before` when they were last looked at, the oldest first. */
export async function findQuietGhosts(db: Kysely<Schema>, before: Date, limit: number): Promise<QuietGhost[]> {
  const rows = await db
    .selectFrom("ghost_membership as m")
    .innerJoin("ghost as g", "g.localpart", "m.localpart")
    .innerJoin("agency_room as r", "r.room_id", "m.room_id")
    .select(["m.localpart", "m.room_id", "m.display_name", "g.channel_type", "g.address"])
    .where("m.left_at", "is", null)
    .where("m.quiet_since", "<", before)
    .orderBy("m.quiet_since")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    localpart: row.localpart,
    room: roomId(row.room_id),
    displayName: row.display_name,
    channelType: row.channel_type,
    address: row.address,
  }));
}

/** The newest message, of whomever, in a ghost's conversations of a room. */
export async function readLastWord(
  db: Kysely<Schema>,
  { localpart, address, room }: QuietGhost,
): Promise<Date | undefined> {
  const { last } = await db
    .selectFrom("conversation as c")
    .innerJoin("message as m", "m.conversation_id", "c.id")
    .select(({ fn }) => fn.max<Date | null>("m.created_at").as("last"))
    // A ghost's own conversations have its address, which there is an index on.
    .where("c.address", "=", address)
    .where("c.citizen", "=", localpart)
    .where("m.room_id", "=", room)
    .executeTakeFirstOrThrow();
  return last ?? undefined;
}

/** Other ways on which a ghost's citizen writes: channels, and addresses on them. */
export async function readWaysOf(
  db: Kysely<Schema>,
  { localpart, address }: Pick<QuietGhost, "localpart" | "address">,
): Promise<{ channel: string; address: string }[]> {
  const { rows } = await sql<{ channel: string; address: string }>`
    select c.channel, c.address from conversation c where c.address = ${address} and c.citizen = ${localpart}
    union
    select w.channel, w.address from conversation c join conversation_way w on w.conversation_id = c.id
    where c.address = ${address} and c.citizen = ${localpart}`.execute(db);
  return rows;
}

/** Whether something is still to cross for a ghost: an arrival in one of its lanes, or an answer to it. */
export async function hasWaiting(
  db: Kysely<Schema>,
  { localpart, address }: Pick<QuietGhost, "localpart" | "address">,
  lanes: readonly Lane[],
): Promise<boolean> {
  const { rows } = await sql<{ waits: boolean }>`
    select exists (select 1 from inbox where state = 'waiting' and lane = any(${[...lanes]}::text[]))
      or exists (select 1 from conversation c join outbox o on o.conversation_id = c.id
        where c.address = ${address} and c.citizen = ${localpart} and (o.is_open or o.is_dead)) as waits`.execute(db);
  return rows[0]?.waits === true;
}

/** It is not to be looked at again before it can have been quiet since then. */
export async function setQuietSince(
  db: Kysely<Schema>,
  { localpart, room }: Pick<QuietGhost, "localpart" | "room">,
  since: Date,
): Promise<void> {
  await db
    .updateTable("ghost_membership")
    .set({ quiet_since: since })
    .where("localpart", "=", localpart)
    .where("room_id", "=", room)
    .execute();
}

/** Stands before the request: from now on the ghost's next message joins, whatever becomes of it. */
export async function markLeaving(
  db: Kysely<Schema>,
  { localpart, room }: Pick<QuietGhost, "localpart" | "room">,
): Promise<void> {
  await db
    .updateTable("ghost_membership")
    .set({ leaving_at: new Date() })
    .where("localpart", "=", localpart)
    .where("room_id", "=", room)
    .execute();
}
