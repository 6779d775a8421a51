import { type Kysely, sql } from "kysely";
import { compareTexts } from "../domain/compare-texts.ts";
import type { Fence } from "../domain/fence.ts";
import {
  type ConversationId,
  conversationId,
  type InboxId,
  inboxId,
  type Lane,
  laneFrom,
  type SharedLane,
} from "../domain/ids.ts";
import { ARRIVAL_MOVES, statesBefore } from "../domain/message-steps.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema, StoredMessage } from "./schema.ts";
import { noteSteps } from "./step.ts";

export interface Arrival {
  readonly id: InboxId;
  readonly channel: string;
  /** The transport's name for this arrival. */
  readonly dedupeKey: string;
  readonly message: StoredMessage;
  /** Set once an attempt has begun to post it. */
  readonly conversation: ConversationId | undefined;
  /** Failed attempts in a row that ended with `code`. */
  readonly attempts: number;
  readonly code: string | undefined;
  readonly dueAt: Date;
  readonly receivedAt: Date;
  readonly hasFiles: boolean;
  /** Some arrivals stand in their rooms without a row of ours (see `findStanding`): this may be one. */
  readonly mayStand?: boolean;
}

/** What an arrival is stored with. */
export interface NewArrival {
  readonly channel: string;
  readonly dedupeKey: string;
  readonly lane: Lane;
  readonly message: StoredMessage;
  readonly receivedAt: Date;
  readonly hasFiles: boolean;
}

/** @returns undefined when this arrival is known already. */
export async function addArrival(db: Kysely<Schema>, arrival: NewArrival): Promise<InboxId | undefined> {
  const [id] = await addArrivals(db, [arrival]);
  return id;
}

/** Stores arrivals in one commit; one that was lost from its room is to be posted anew. @returns for each its id, or undefined when it is known already. */
export async function addArrivals(
  db: Kysely<Schema>,
  arrivals: readonly NewArrival[],
): Promise<(InboxId | undefined)[]> {
  // In one order everywhere, so that two processes which store the same arrivals can't wait for each other.
  const ordered = arrivals.toSorted((a, b) => compareTexts(a.dedupeKey, b.dedupeKey));
  const { rows } = await sql<{ id: string; channel: string; dedupe_key: string }>`
    with changed as (
      insert into inbox (channel, dedupe_key, lane, state, message, received_at, has_files)
      select distinct on (channel, dedupe_key) channel, dedupe_key, lane, 'waiting', message, received_at, has_files
      from unnest(
        ${ordered.map(({ channel }) => channel)}::text[], ${ordered.map(({ dedupeKey }) => dedupeKey)}::text[],
        ${ordered.map(({ lane }) => lane)}::text[], ${ordered.map(({ message }) => JSON.stringify(message))}::jsonb[],
        ${ordered.map(({ receivedAt }) => receivedAt)}::timestamptz[], ${ordered.map(({ hasFiles }) => hasFiles)}::boolean[]
      ) as arrival (channel, dedupe_key, lane, message, received_at, has_files)
      on conflict (channel, dedupe_key) do update set state = 'waiting', message = excluded.message, due_at = now(),
        has_files = excluded.has_files, attempts = 0, code = null, event_id = null
        where inbox.state = 'lost'
      returning id, channel, dedupe_key
    ), noted as ${noteSteps("inbox_id", { step: "received" })}
    select id, channel, dedupe_key from changed`.execute(db);
  const stored = new Map(rows.map((row) => [JSON.stringify([row.channel, row.dedupe_key]), inboxId(row.id)]));
  return arrivals.map(({ channel, dedupeKey }) => {
    const key = JSON.stringify([channel, dedupeKey]);
    const id = stored.get(key);
    // Of two that are the same, one is the arrival.
    stored.delete(key);
    return id;
  });
}

/** The oldest waiting arrivals of a lane, due or not: those behind one that is not due must wait for it. */
export async function readWaiting(db: Kysely<Schema>, lane: Lane, limit: number): Promise<Arrival[]> {
  const rows = await db
    .selectFrom("inbox")
    .select([
      "id",
      "channel",
      "dedupe_key",
      "message",
      "conversation_id",
      "attempts",
      "code",
      "due_at",
      "received_at",
      "has_files",
      sql<boolean>`exists (select 1 from standing)`.as("may_stand"),
    ])
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
            dedupeKey: row.dedupe_key,
            message: row.message,
            conversation: row.conversation_id === null ? undefined : conversationId(row.conversation_id),
            attempts: row.attempts,
            code: row.code ?? undefined,
            dueAt: row.due_at,
            receivedAt: row.received_at,
            hasFiles: row.has_files,
            mayStand: row.may_stand,
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

/** Journals a failed attempt; one that failed like the one before is no step of its own, or an outage would make thousands. */
export async function postpone(
  db: Kysely<Schema>,
  fence: Fence,
  id: InboxId,
  fault: { dueAt: Date; code: string; attempts: number },
): Promise<void> {
  const { dueAt, code, attempts } = fault;
  const change = (query: Pick<Kysely<Schema>, "updateTable">) =>
    query
      .updateTable("inbox")
      .set({ attempts, due_at: dueAt, code })
      .where("id", "=", id)
      .where(fenced(fence))
      .returning("id");
  const rows =
    attempts > 1
      ? await change(db).execute()
      : await db
          .with("changed", change)
          .with("noted", () => noteSteps("inbox_id", { step: "deferred", attempt: attempts, code }))
          .selectFrom("changed")
          .select("id")
          .execute();
  expectFenced(fence, rows.length);
}

/** What waited for the homeserver is due at once when it is there again. @returns the lanes to wake. */
export async function endPostponement(db: Kysely<Schema>): Promise<SharedLane[]> {
  const rows = await db
    .updateTable("inbox")
    .set({ due_at: sql<Date>`now()` })
    .where("state", "=", "waiting")
    .where("due_at", ">", sql<Date>`now()`)
    .where("code", "in", UNREACHED)
    .returning(["lane", "channel"])
    .execute();
  const channels = new Map(rows.map(({ lane, channel }) => [laneFrom(lane), channel]));
  return [...channels].map(([lane, whose]) => ({ lane, whose }));
}

/** No answer at all, and a proxy's page instead of one (see MatrixError). */
const UNREACHED = ["GUICHET_UNREACHABLE", "GUICHET_NO_ERRCODE"];

/**
 * Sets an arrival aside with all its words and files, so that those behind it go on. A rule that asked for this has been
 * obeyed: when the arrival is made to wait again, it is posted.
 */
export async function quarantine(db: Kysely<Schema>, fence: Fence, id: InboxId, code: string): Promise<void> {
  const rows = await db
    .with("changed", (cte) =>
      cte
        .updateTable("inbox")
        .set({
          state: ARRIVAL_MOVES.quarantined.to,
          code,
          message: sql`(message - 'hold') || '{"wasHeld": true}'`,
        })
        .where("id", "=", id)
        .where("state", "in", statesBefore(ARRIVAL_MOVES, "quarantined"))
        .where(fenced(fence))
        .returning("id"),
    )
    .with("noted", () => noteSteps("inbox_id", { step: "quarantined", code }))
    .selectFrom("changed")
    .select("id")
    .execute();
  expectFenced(fence, rows.length);
}

/**
 * Lanes with an arrival that has been due for a while: nobody seems to know of them. Those that have waited longest come
 * first, as many of each channel: one with thousands hides no other's.
 */
export async function findIdleLanes(db: Kysely<Schema>, dueBefore: Date, limit: number): Promise<SharedLane[]> {
  const { rows } = await sql<{ lane: string; channel: string }>`
    select lane, channel from (
      select lane, channel, min(id) as first, row_number() over (partition by channel order by min(id)) as place
      from inbox where state = 'waiting' and due_at < ${dueBefore} group by lane, channel
    ) as idle where place <= ${limit} order by first`.execute(db);
  return rows.map((row) => ({ lane: laneFrom(row.lane), whose: row.channel }));
}

/** What is known of the conversation that an arrival belongs to. */
export interface ConversationOf {
  readonly conversation: ConversationId | undefined;
  readonly token: string | undefined;
}

/** @returns for each arrival of the channel what is known, or undefined when there is no such arrival. */
export async function findConversationsOf(
  db: Kysely<Schema>,
  channel: string,
  dedupeKeys: readonly string[],
): Promise<(ConversationOf | undefined)[]> {
  const rows = await db
    .selectFrom("inbox")
    .select(["dedupe_key", "conversation_id", sql<string | null>`message ->> 'token'`.as("token")])
    .where("channel", "=", channel)
    .where("dedupe_key", "=", sql<string>`any(${[...dedupeKeys]}::text[])`)
    .execute();
  const found = new Map(
    rows.map(({ dedupe_key, conversation_id, token }) => [
      dedupe_key,
      {
        conversation: conversation_id === null ? undefined : conversationId(conversation_id),
        token: token ?? undefined,
      },
    ]),
  );
  return dedupeKeys.map((key) => found.get(key));
}
