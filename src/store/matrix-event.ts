import { type Kysely, sql } from "kysely";
import type { Fence } from "../domain/fence.ts";
import { type Lane, type RoomId, roomId, roomLane, type SharedLane } from "../domain/ids.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema } from "./schema.ts";

/** One event as the homeserver told it; everything in it is untrusted. */
export interface IncomingEvent {
  readonly eventId: string;
  readonly room: RoomId;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Rows of one statement: PostgreSQL counts its parameters in 16 bits. */
const ROWS_AT_ONCE = 1_000;

/**
 * One commit for a whole transaction. Events known already are passed over: a homeserver repeats them late, and
 * catch-up brings them a second time.
 * @returns the lanes of the rooms that have a new event.
 */
export async function addEvents(db: Kysely<Schema>, events: readonly IncomingEvent[]): Promise<SharedLane[]> {
  if (events.length === 0) return [];
  if (events.length <= ROWS_AT_ONCE) return insert(db, events);
  return db.transaction().execute(async (trx) => {
    const lanes = new Map<Lane, SharedLane>();
    for (let first = 0; first < events.length; first += ROWS_AT_ONCE)
      for (const each of await insert(trx, events.slice(first, first + ROWS_AT_ONCE))) lanes.set(each.lane, each);
    return [...lanes.values()];
  });
}

async function insert(db: Kysely<Schema>, events: readonly IncomingEvent[]): Promise<SharedLane[]> {
  const rows = await db
    .insertInto("matrix_event")
    .values(
      events.map(({ eventId, room, event }) => ({
        event_id: eventId,
        room_id: room,
        event: storableJson(event),
        sent_at: sentAt(event),
        state: "waiting" as const,
      })),
    )
    .onConflict((conflict) => conflict.column("event_id").doNothing())
    .returning(["room_id", agencyOfRoom.as("agency")])
    .execute();
  return shareRooms(rows);
}

/** A clock ahead of ours, or none, counts as now. */
function sentAt({ origin_server_ts: stamp }: IncomingEvent["event"]): string {
  const now = Date.now();
  return String(typeof stamp === "number" && stamp >= 0 && stamp < now ? Math.floor(stamp) : now);
}

/**
 * PostgreSQL's jsonb takes neither NUL nor half a surrogate pair, in names as little as in values; one event that it
 * refused would be repeated for ever, and everything behind it. An escaped backslash is passed over.
 */
const storableJson = (event: IncomingEvent["event"]) =>
  JSON.stringify(event).replace(/\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g, (found) =>
    found === "\\\\" ? found : "\\ufffd",
  );

export interface WaitingEvent {
  readonly seq: string;
  /** Milliseconds since 1970; the order is by this, then by `seq`. */
  readonly sentAt: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly receivedAt: Date;
}

/** @param after the event behind which to read; undefined for all. */
export async function readWaitingEvents(
  db: Kysely<Schema>,
  room: RoomId,
  after: Pick<WaitingEvent, "sentAt" | "seq"> | undefined,
  limit: number,
): Promise<WaitingEvent[]> {
  const rows = await db
    .selectFrom("matrix_event")
    .select(["seq", "sent_at", "event", "received_at"])
    .where("room_id", "=", room)
    .where("state", "=", "waiting")
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(sent_at, seq) > (${after?.sentAt ?? 0}, ${after?.seq ?? 0})`),
    )
    .orderBy("sent_at")
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    seq: row.seq,
    sentAt: row.sent_at,
    event: row.event ?? {},
    receivedAt: row.received_at,
  }));
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

export async function findIdleRooms(db: Kysely<Schema>, receivedBefore: Date, limit: number): Promise<SharedLane[]> {
  const { rows } = await sql<{ room_id: string; agency: string | null }>`
    select room_id, ${agencyOfRoom} as agency from (
      select room_id from matrix_event where state = 'waiting' and received_at < ${receivedBefore}
      group by room_id order by min(seq) limit ${limit}
    ) as matrix_event`.execute(db);
  return shareRooms(rows);
}

/** Of the room in `matrix_event`: an agency's own, or a conversation's. */
const agencyOfRoom = sql<string | null>`coalesce(
  (select a.agency from agency_room a where a.room_id = matrix_event.room_id),
  (select c.agency from portal_room p join conversation c on c.id = p.conversation_id
    where p.room_id = matrix_event.room_id))`;

function shareRooms(rows: readonly { room_id: string; agency: string | null }[]): SharedLane[] {
  const agencies = new Map(rows.map((row) => [roomId(row.room_id), row.agency ?? ""]));
  return [...agencies].map(([room, whose]) => ({ lane: roomLane(room), whose }));
}
