import { type Kysely, sql } from "kysely";
import type { Fence } from "../domain/fence.ts";
import {
  type ConversationId,
  conversationId,
  type EventId,
  type InboxId,
  inboxId,
  type Lane,
  laneFrom,
} from "../domain/ids.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema, StoredMessage } from "./schema.ts";

export interface Arrival {
  readonly id: InboxId;
  readonly channel: string;
  readonly message: StoredMessage;
  /** Set once an attempt has begun to post it. */
  readonly conversation: ConversationId | undefined;
  readonly attempts: number;
  readonly dueAt: Date;
  readonly receivedAt: Date;
  readonly hasFiles: boolean;
}

/** @returns undefined when this arrival is known already. */
export async function addArrival(
  db: Kysely<Schema>,
  arrival: {
    channel: string;
    dedupeKey: string;
    lane: Lane;
    message: StoredMessage;
    receivedAt: Date;
    hasFiles: boolean;
  },
): Promise<InboxId | undefined> {
  const row = await db
    .insertInto("inbox")
    .values({
      channel: arrival.channel,
      dedupe_key: arrival.dedupeKey,
      lane: arrival.lane,
      state: "waiting",
      message: JSON.stringify(arrival.message),
      received_at: arrival.receivedAt,
      has_files: arrival.hasFiles,
    })
    .onConflict((conflict) => conflict.columns(["channel", "dedupe_key"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  return row && inboxId(row.id);
}

/** The oldest waiting arrivals of a lane, due or not: those behind one that is not due must wait for it. */
export async function readWaiting(db: Kysely<Schema>, lane: Lane, limit: number): Promise<Arrival[]> {
  const rows = await db
    .selectFrom("inbox")
    .select(["id", "channel", "message", "conversation_id", "attempts", "due_at", "received_at", "has_files"])
    .where("lane", "=", lane)
    .where("state", "=", "waiting")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.flatMap((row) =>
    row.message
      ? [
          {
            id: inboxId(row.id),
            channel: row.channel,
            message: row.message,
            conversation: row.conversation_id === null ? undefined : conversationId(row.conversation_id),
            attempts: row.attempts,
            dueAt: row.due_at,
            receivedAt: row.received_at,
            hasFiles: row.has_files,
          },
        ]
      : [],
  );
}

/** Journals the conversation before the first request goes out, so that another attempt finds the same one. */
export async function bindConversation(
  db: Kysely<Schema>,
  fence: Fence,
  id: InboxId,
  conversation: ConversationId,
): Promise<void> {
  const result = await db
    .updateTable("inbox")
    .set({ conversation_id: conversation })
    .where("id", "=", id)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

export async function postpone(
  db: Kysely<Schema>,
  fence: Fence,
  id: InboxId,
  fault: { dueAt: Date; code: string },
): Promise<void> {
  const result = await db
    .updateTable("inbox")
    .set((eb) => ({ attempts: eb("attempts", "+", 1), due_at: fault.dueAt, code: fault.code }))
    .where("id", "=", id)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

/** What waited for the homeserver is due at once when it is there again. @returns the lanes to wake. */
export async function endPostponement(db: Kysely<Schema>): Promise<Lane[]> {
  const rows = await db
    .updateTable("inbox")
    .set({ due_at: sql<Date>`now()` })
    .where("state", "=", "waiting")
    .where("due_at", ">", sql<Date>`now()`)
    .where("code", "in", UNREACHED)
    .returning("lane")
    .execute();
  return [...new Set(rows.map((row) => laneFrom(row.lane)))];
}

/** No answer at all, and a proxy's page instead of one (see MatrixError). */
const UNREACHED = ["GUICHET_UNREACHABLE", "GUICHET_NO_ERRCODE"];

/** Sets an arrival aside with all its words and files, so that those behind it go on. */
export async function quarantine(db: Kysely<Schema>, fence: Fence, id: InboxId, code: string): Promise<void> {
  const result = await db
    .updateTable("inbox")
    .set({ state: "quarantined", code })
    .where("id", "=", id)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

export interface FirstEvent {
  readonly conversation: ConversationId;
  readonly room: string;
  readonly ghost: string;
  readonly remoteId: string | undefined;
  readonly event: EventId;
}

/** The words of an arrival stand in the room while its files are still on their way: an answer to them can be understood. */
export async function recordFirst(db: Kysely<Schema>, fence: Fence, first: FirstEvent): Promise<void> {
  const { conversation, room, ghost, remoteId, event } = first;
  const result = await sql<{ held: boolean }>`
    with owner as (
      select 1 where ${fenced(fence)}
    ), rooted as (
      update conversation set root_event_id = ${event}
      where id = ${conversation} and root_event_id is null and exists (select 1 from owner)
    ), recorded as (
      insert into message (event_id, room_id, conversation_id, author, ghost, remote_id)
      select ${event}, ${room}, ${conversation}::bigint, 'citizen', ${ghost}, ${remoteId ?? null} from owner
      on conflict (event_id) do nothing
    )
    select true as held from owner`.execute(db);
  expectFenced(fence, result.rows.length);
}

export interface Posting {
  readonly id: InboxId;
  readonly conversation: ConversationId;
  readonly room: string;
  readonly ghost: string;
  readonly remoteId: string | undefined;
  /** The first is the text, the others are files. */
  readonly events: readonly [EventId, ...EventId[]];
  /** False keeps the files: some could not be shown. */
  readonly dropFiles: boolean;
}

/** One statement: the arrival stands in the room, its words leave our store, and its events are known to answers. */
export async function settlePosted(db: Kysely<Schema>, fence: Fence, posting: Posting): Promise<void> {
  const { id, conversation, room, ghost } = posting;
  const result = await sql<{ id: string }>`
    with settled as (
      update inbox set state = 'posted', message = null, posted_at = now(), code = null, conversation_id = ${conversation}
      where id = ${id} and state = 'waiting' and ${fenced(fence)} returning id
    ), rooted as (
      update conversation set root_event_id = ${posting.events[0]}
      where id = ${conversation} and root_event_id is null and exists (select 1 from settled)
    ), recorded as (
      insert into message (event_id, room_id, conversation_id, author, ghost, remote_id, created_at)
      select e.event_id, ${room}, ${conversation}::bigint, 'citizen', ${ghost},
             case when e.position = 1 then ${posting.remoteId ?? null} end, clock_timestamp() + e.position * interval '1 microsecond'
      from settled, unnest(${[...posting.events]}::text[]) with ordinality as e(event_id, position)
      on conflict (event_id) do nothing
    ), files as (
      delete from inbox_attachment where inbox_id in (select id from settled) and ${posting.dropFiles} returning blob_id
    ), blobs as (
      delete from blob where id in (select blob_id from files)
    )
    select id from settled`.execute(db);
  expectFenced(fence, result.rows.length);
}

/** Lanes with an arrival that has been due for a while: nobody seems to know of them. */
export async function findIdleLanes(db: Kysely<Schema>, dueBefore: Date, limit: number): Promise<Lane[]> {
  const rows = await db
    .selectFrom("inbox")
    .select("lane")
    .distinct()
    .where("state", "=", "waiting")
    .where("due_at", "<", dueBefore)
    .limit(limit)
    .execute();
  return rows.map((row) => laneFrom(row.lane));
}
