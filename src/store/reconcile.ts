import { type Kysely, sql } from "kysely";
import { type RoomId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** Every room that an agency or a conversation ever had. */
export async function listRooms(db: Kysely<Schema>): Promise<{ room: RoomId; since: Date }[]> {
  const { rows } = await sql<{ room_id: string; since: Date }>`
    select room_id, min(created_at) as since from (
      select room_id, created_at from agency_room union all select room_id, created_at from portal_room
    ) as rooms group by room_id order by min(created_at)`.execute(db);
  return rows.map(({ room_id, since }) => ({ room: roomId(room_id), since }));
}

/** Those of the events that the store knows as messages, as told by the homeserver, or as standing. */
export async function findKnownEvents(
  db: Kysely<Schema>,
  events: readonly string[],
): Promise<{ messages: ReadonlySet<string>; told: ReadonlySet<string> }> {
  const { rows } = await sql<{ event_id: string; is_message: boolean; is_told: boolean }>`
    select e as event_id,
      exists (select 1 from message where event_id = e) or exists (select 1 from standing where event_id = e) as is_message,
      exists (select 1 from matrix_event where event_id = e) as is_told
    from unnest(${[...events]}::text[]) as e`.execute(db);
  return {
    messages: new Set(rows.flatMap((row) => (row.is_message ? [row.event_id] : []))),
    told: new Set(rows.flatMap((row) => (row.is_told ? [row.event_id] : []))),
  };
}

export interface ShownMessage {
  readonly event: string;
  readonly at: Date;
  /** The arrival whose words it holds. */
  readonly inbox: string | undefined;
}

/** Citizens' messages that stand in a room, by the store, in the order of their events. */
export async function readShown(
  db: Kysely<Schema>,
  room: RoomId,
  { from, to }: { readonly from: Date; readonly to: Date },
  after: string,
  limit: number,
): Promise<ShownMessage[]> {
  const rows = await db
    .selectFrom("message as m")
    .leftJoin("inbox as i", "i.event_id", "m.event_id")
    .select(["m.event_id", "m.created_at", "i.id"])
    .where("m.room_id", "=", room)
    .where("m.author", "=", "citizen")
    .where("m.created_at", ">=", from)
    .where("m.created_at", "<", to)
    .where("m.event_id", ">", after)
    .orderBy("m.event_id")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ event: row.event_id, at: row.created_at, inbox: row.id ?? undefined }));
}

/** An arrival whose event is gone: offered again under its name, it is posted again, under the same transaction id. */
export async function loseArrival(db: Kysely<Schema>, event: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("inbox").set({ state: "lost" }).where("event_id", "=", event).execute();
    await trx.updateTable("conversation").set({ root_event_id: null }).where("root_event_id", "=", event).execute();
    await trx.deleteFrom("message").where("event_id", "=", event).execute();
  });
}

/** Writes down again that an event shows an arrival. @returns false when no arrival of ours is known by it. */
export async function recallMessage(
  db: Kysely<Schema>,
  { event, room, ghost }: { readonly event: string; readonly room: RoomId; readonly ghost: string },
): Promise<boolean> {
  const { rows } = await sql<{ event_id: string }>`
    insert into message (event_id, room_id, conversation_id, author, ghost, created_at)
    select ${event}, ${room}, i.conversation_id, 'citizen', g.localpart, coalesce(i.posted_at, now())
    from inbox i left join ghost g on g.localpart = ${ghost}
    where i.event_id = ${event} and i.conversation_id is not null
    on conflict (event_id) do nothing returning event_id`.execute(db);
  return rows.length > 0;
}

/** Which of a channel's arrivals the inbox took. */
export async function findTaken(
  db: Kysely<Schema>,
  channel: string,
  dedupeKeys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ dedupe_key: string }>`
    select dedupe_key from inbox
    where channel = ${channel} and dedupe_key = any(${[...dedupeKeys]}::text[]) and state <> 'lost'`.execute(db);
  return new Set(rows.map(({ dedupe_key }) => dedupe_key));
}

/** Arrivals whose events are gone, and which no channel has offered again. */
export async function listLost(db: Kysely<Schema>): Promise<{ inbox: string; channel: string; at: Date }[]> {
  const rows = await db
    .selectFrom("inbox")
    .select(["id as inbox", "channel", "received_at as at"])
    .where("state", "=", "lost")
    .orderBy("id")
    .execute();
  return rows;
}

export interface Overdue {
  readonly inbox: string | undefined;
  readonly outbox: string | undefined;
  readonly channel: string;
  readonly at: Date;
}

/** Arrivals and answers that have been due since `dueBefore`, and that nobody works on. With `wake` they are due anew. */
export async function findOverdue(
  db: Kysely<Schema>,
  { from, to }: { readonly from: Date; readonly to: Date },
  dueBefore: Date,
  limit: number,
): Promise<Overdue[]> {
  const { rows } = await sql<{ inbox: string | null; outbox: string | null; channel: string; at: Date }>`
    (select id as inbox, null::bigint as outbox, channel, received_at as at from inbox
      where state = 'waiting' and due_at < ${dueBefore} and accepted_at >= ${from} and accepted_at < ${to} order by id limit ${limit})
    union all
    (select null, o.id, coalesce(o.channel, c.channel), o.written_at from outbox o join conversation c on c.id = o.conversation_id
      where o.is_open and o.due_at < ${dueBefore} and o.written_at >= ${from} and o.written_at < ${to} order by o.id limit ${limit})`.execute(
    db,
  );
  return rows.map((row) => ({
    inbox: row.inbox ?? undefined,
    outbox: row.outbox ?? undefined,
    channel: row.channel,
    at: row.at,
  }));
}

/** Makes it due now, so that the sweep of a running guichet wakes its lane. */
export async function makeDue(db: Kysely<Schema>, { inbox, outbox }: Overdue): Promise<void> {
  const now = new Date();
  if (inbox !== undefined)
    await db.updateTable("inbox").set({ due_at: now }).where("id", "=", inbox).where("state", "=", "waiting").execute();
  if (outbox !== undefined)
    await db.updateTable("outbox").set({ due_at: now }).where("id", "=", outbox).where("is_open", "=", true).execute();
}

/** An agent's event whose outcome stands in the room already: it is known from now on, and never acted on. */
export async function settleUnseen(db: Kysely<Schema>, event: string, room: RoomId, at: Date): Promise<void> {
  await db
    .insertInto("matrix_event")
    .values({
      event_id: event,
      room_id: room,
      event: null,
      state: "done",
      code: "settled-before",
      sent_at: String(at.getTime()),
    })
    .onConflict((conflict) => conflict.column("event_id").doNothing())
    .execute();
}

/** An answer that the room shows as ended leaves no second time. @returns whether it was open. */
export async function endAnswer(db: Kysely<Schema>, event: string, state: "sent" | "failed"): Promise<boolean> {
  const result = await db
    .updateTable("outbox")
    .set({ state, is_open: false, settled_at: new Date(), code: "SETTLED_BEFORE" })
    .where("event_id", "=", event)
    .where("state", "in", ["held", "queued", "attempting"])
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
