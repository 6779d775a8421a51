import type { Kysely } from "kysely";
import type { RoomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

export interface GhostRecord {
  readonly localpart: string;
  /** The homeserver knows the user and its device. */
  readonly registered: boolean;
  /** Name under which the ghost stands in the room asked for; undefined when it has not joined. */
  readonly joinedAs: string | undefined;
}

export async function readGhost(db: Kysely<Schema>, localpart: string, room: RoomId): Promise<GhostRecord | undefined> {
  const row = await db
    .selectFrom("ghost")
    .leftJoin("ghost_membership as m", (join) =>
      join.onRef("m.localpart", "=", "ghost.localpart").on("m.room_id", "=", room),
    )
    .select(["ghost.registered_at", "m.display_name", "m.leaving_at"])
    .where("ghost.localpart", "=", localpart)
    .executeTakeFirst();
  const joinedAs = row?.leaving_at === null ? (row.display_name ?? undefined) : undefined;
  return row && { localpart, registered: row.registered_at !== null, joinedAs };
}

export async function addGhost(
  db: Kysely<Schema>,
  ghost: { localpart: string; channelType: string; address: string },
): Promise<void> {
  await db
    .insertInto("ghost")
    .values({ localpart: ghost.localpart, channel_type: ghost.channelType, address: ghost.address })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function markRegistered(db: Kysely<Schema>, localpart: string): Promise<void> {
  await db.updateTable("ghost").set({ registered_at: new Date() }).where("localpart", "=", localpart).execute();
}

export async function markJoined(
  db: Kysely<Schema>,
  localpart: string,
  room: RoomId,
  displayName: string,
): Promise<void> {
  await db
    .insertInto("ghost_membership")
    .values({ room_id: room, localpart, display_name: displayName })
    .onConflict((conflict) =>
      conflict
        .columns(["room_id", "localpart"])
        .doUpdateSet({ display_name: displayName, quiet_since: new Date(), leaving_at: null, left_at: null }),
    )
    .execute();
}

/** A membership that the homeserver denied, or that a ghost has given up: its next message joins again. */
export async function markLeft(db: Kysely<Schema>, localpart: string, room: RoomId): Promise<void> {
  const now = new Date();
  await db
    .updateTable("ghost_membership")
    .set({ leaving_at: now, left_at: now })
    .where("localpart", "=", localpart)
    .where("room_id", "=", room)
    .execute();
}
