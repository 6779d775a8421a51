import { type Kysely, sql } from "kysely";
import type { Fence } from "../domain/fence.ts";
import { type Lane, type RoomId, roomId, roomLane } from "../domain/ids.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema } from "./schema.ts";

/** One event as the homeserver told it; everything in it is untrusted. */
export interface IncomingEvent {
  readonly eventId: string;
  readonly room: RoomId;
  readonly event: Readonly<Record<string, unknown>>;
}

/**
 * One commit for a whole transaction. Events known already are passed over: a homeserver repeats them late, and
 * catch-up brings them a second time.
 * @returns the rooms that have a new event.
 */
export async function addEvents(db: Kysely<Schema>, events: readonly IncomingEvent[]): Promise<RoomId[]> {
  const rows = await db
    .insertInto("matrix_event")
    .values(
      events.map(({ eventId, room, event }) => ({
        event_id: eventId,
        room_id: room,
        // PostgreSQL's jsonb takes no NUL.
        event: JSON.stringify(event).replaceAll("\\u0000", "\\ufffd"),
        state: "waiting" as const,
      })),
    )
    .onConflict((conflict) => conflict.column("event_id").doNothing())
    .returning("room_id")
    .execute();
  return [...new Set(rows.map((row) => roomId(row.room_id)))];
}

export interface WaitingEvent {
  /** Place in the order in which the events came; a decimal number. */
  readonly seq: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly receivedAt: Date;
}

/** @param after the `seq` behind which to read; "0" for all. */
export async function readWaitingEvents(
  db: Kysely<Schema>,
  room: RoomId,
  after: string,
  limit: number,
): Promise<WaitingEvent[]> {
  const rows = await db
    .selectFrom("matrix_event")
    .select(["seq", "event", "received_at"])
    .where("room_id", "=", room)
    .where("state", "=", "waiting")
    .where("seq", ">", after)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ seq: row.seq, event: row.event ?? {}, receivedAt: row.received_at }));
}

/** The event id stays, to recognise the event; its words leave our store. */
export async function settleEvent(db: Kysely<Schema>, fence: Fence, seq: string, code: string): Promise<void> {
  const result = await db
    .updateTable("matrix_event")
    .set({ state: "done", event: null, code })
    .where("seq", "=", seq)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

export async function findIdleRooms(db: Kysely<Schema>, receivedBefore: Date, limit: number): Promise<Lane[]> {
  const { rows } = await sql<{ room_id: string }>`
    select distinct room_id from matrix_event where state = 'waiting' and received_at < ${receivedBefore} limit ${limit}`.execute(
    db,
  );
  return rows.map((row) => roomLane(roomId(row.room_id)));
}
