import { type Kysely, sql } from "kysely";
import type { Fence } from "../domain/fence.ts";
import {
  type ConversationId,
  conversationId,
  type EventId,
  eventId,
  type OutboxId,
  outboxId,
  type RoomId,
  replyLane,
  roomId,
  type SharedLane,
  type UserId,
  userId,
} from "../domain/ids.ts";
import type { LateState } from "../domain/late-news.ts";
import type { AnswerState } from "../domain/message-steps.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema, Shown, StoredAnswer, StoredParty, StoredRefusal } from "./schema.ts";
import { noteSteps } from "./step.ts";

/** An agent's answer, or an acknowledgement of guichet's own, with all that sending and showing it needs. */
export interface Answer {
  readonly id: OutboxId;
  readonly kind: "answer" | "acknowledgement";
  /** Undefined for an acknowledgement, as `agent` is. */
  readonly event: EventId | undefined;
  /** Where the agent wrote it; its conversation may have moved on since. */
  readonly room: RoomId;
  readonly agent: UserId | undefined;
  readonly content: StoredAnswer;
  /** By which it leaves. */
  readonly channel: string;
  /** That is not the conversation's own. */
  readonly isElsewhere: boolean;
  readonly address: string;
  /** Others whom it goes to. */
  readonly cc: readonly StoredParty[];
  readonly inReplyTo: string | undefined;
  /** The event with the words that are answered. */
  readonly answered: EventId | undefined;
  readonly state: AnswerState;
  readonly dueAt: Date;
  readonly attempts: number;
  /** Of them those before a person asked for another one. */
  readonly attemptsBefore: number;
  readonly firstAttemptAt: Date | undefined;
  readonly writtenAt: Date;
  /** It began its conversation. */
  readonly isOpening: boolean;
  readonly settledAt: Date | undefined;
  readonly code: string | undefined;
  readonly remoteAnswer: string | undefined;
  /** Those of several recipients whom the other side refused. */
  readonly refused: readonly StoredRefusal[];
  readonly news: AnswerNews | undefined;
  readonly shown: Shown;
  readonly shownEvent: EventId | undefined;
  /** What the agent was told before it leaves. */
  readonly preview: { readonly text: string; readonly event: EventId } | undefined;
  readonly conversation: AnsweredConversation;
}

/** An answer that an agent wrote. */
export type AgentsAnswer = Answer & { readonly event: EventId; readonly agent: UserId };

export const isAgents = (answer: Answer): answer is AgentsAnswer =>
  answer.event !== undefined && answer.agent !== undefined;

/** Whether it is still to be sent. */
export const isPending = ({ state }: Pick<Answer, "state">) =>
  state === "held" || state === "queued" || state === "attempting";
/** What became of an answer after the other side had taken it. */
export interface AnswerNews {
  readonly state: LateState;
  readonly code: string;
  readonly remark: string | undefined;
  readonly remoteAnswer: string | undefined;
}

export interface AnsweredConversation {
  readonly id: ConversationId;
  /** Where it lives now. */
  readonly room: RoomId;
  readonly agency: string;
  readonly address: string;
  readonly citizenName: string | undefined;
  readonly subject: string | undefined;
}

export async function addAnswer(
  db: Kysely<Schema>,
  answer: {
    conversation: ConversationId;
    event: EventId;
    agent: UserId;
    /** Left out: the conversation's own. */
    channel?: string | undefined;
    address: string;
    cc?: readonly StoredParty[];
    content: StoredAnswer;
    answered?: EventId | undefined;
    inReplyTo: string | undefined;
    dueAt: Date;
    writtenAt: Date;
  },
): Promise<void> {
  await db
    .with("changed", (cte) =>
      cte
        .insertInto("outbox")
        .values({
          conversation_id: answer.conversation,
          event_id: answer.event,
          sender: answer.agent,
          channel: answer.channel ?? null,
          address: answer.address,
          cc: listOrNull(answer.cc),
          answered_event_id: answer.answered ?? null,
          content: JSON.stringify(answer.content),
          in_reply_to: answer.inReplyTo ?? null,
          state: "held",
          due_at: answer.dueAt,
          written_at: answer.writtenAt,
        })
        .onConflict((conflict) => conflict.column("event_id").doNothing())
        .returning("id"),
    )
    .with("noted", () => noteSteps("outbox_id", { step: "composed", at: answer.writtenAt }, { step: "held" }))
    .selectFrom("changed")
    .select("id")
    .execute();
}

/** Nobody and nothing is stored as no list. */
export const listOrNull = (list: readonly unknown[] | undefined) =>
  list === undefined || list.length === 0 ? null : JSON.stringify(list);

/** All answers of a conversation with anything left to do, in the order in which they were written. */
export async function readOpenAnswers(db: Kysely<Schema>, conversation: ConversationId): Promise<Answer[]> {
  const rows = await db
    .selectFrom("outbox as o")
    .innerJoin("conversation as c", "c.id", "o.conversation_id")
    .leftJoin("message as m", "m.event_id", "o.event_id")
    .selectAll("o")
    .select((eb) => eb.fn.coalesce("m.room_id", "c.room_id").as("room_id"))
    .select([
      "c.agency",
      "c.room_id as own_room",
      "c.channel as own_channel",
      "c.citizen_name",
      "c.subject",
      "c.root_event_id",
    ])
    .select("c.address as citizen_address")
    .where("o.conversation_id", "=", conversation)
    .where("o.is_open", "=", true)
    .orderBy("o.id")
    .execute();
  return rows.map((row) => ({
    id: outboxId(row.id),
    kind: row.kind,
    event: row.event_id === null ? undefined : eventId(row.event_id),
    room: roomId(row.room_id),
    agent: row.sender === null ? undefined : userId(row.sender),
    content: row.content,
    channel: row.channel ?? row.own_channel,
    isElsewhere: row.channel !== null,
    address: row.address,
    cc: row.cc ?? [],
    inReplyTo: row.in_reply_to ?? undefined,
    answered: row.answered_event_id === null ? undefined : eventId(row.answered_event_id),
    state: row.state,
    dueAt: row.due_at,
    attempts: row.attempts,
    attemptsBefore: row.attempts_before,
    firstAttemptAt: row.first_attempt_at ?? undefined,
    writtenAt: row.written_at,
    isOpening: row.event_id !== null && row.event_id === row.root_event_id,
    settledAt: row.settled_at ?? undefined,
    code: row.code ?? undefined,
    remoteAnswer: row.remote_answer ?? undefined,
    refused: row.refused ?? [],
    news:
      row.news_state === null
        ? undefined
        : {
            state: row.news_state,
            code: row.news_code ?? "",
            remark: row.news_remark ?? undefined,
            remoteAnswer: row.news_answer ?? undefined,
          },
    shown: row.shown,
    preview:
      row.preview === null || row.preview_event_id === null
        ? undefined
        : { text: row.preview, event: eventId(row.preview_event_id) },
    shownEvent: row.shown_event_id === null ? undefined : eventId(row.shown_event_id),
    conversation: {
      id: conversation,
      room: roomId(row.own_room),
      agency: row.agency,
      address: row.citizen_address,
      citizenName: row.citizen_name ?? undefined,
      subject: row.subject ?? undefined,
    },
  }));
}

/** Journals what the room shows; `done` ends the work on this answer, unless news came while it was shown. */
export async function markShown(
  db: Kysely<Schema>,
  fence: Fence,
  id: OutboxId,
  shown: { shown: Shown; event: EventId | undefined; done: boolean; news: LateState | undefined },
): Promise<void> {
  const result = await db
    .updateTable("outbox")
    .set({
      shown: shown.shown,
      shown_event_id: shown.event ?? null,
      // What was asked for meanwhile is still to be done.
      is_open: sql`not ${shown.done} or state in ('held', 'queued', 'attempting')
        or news_state is distinct from ${shown.news ?? null}`,
    })
    .where("id", "=", id)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

/** Journals what the room says of an answer before it leaves. */
export async function markPreviewed(
  db: Kysely<Schema>,
  fence: Fence,
  id: OutboxId,
  preview: { readonly text: string; readonly event: EventId } | undefined,
): Promise<void> {
  const result = await db
    .updateTable("outbox")
    .set({ preview: preview?.text ?? null, preview_event_id: preview?.event ?? null })
    .where("id", "=", id)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

/** An answer whose sending has ended is looked at again at `at`, to show it. */
export async function postponeShowing(db: Kysely<Schema>, fence: Fence, id: OutboxId, at: Date): Promise<void> {
  const result = await db
    .updateTable("outbox")
    .set({ due_at: at })
    .where("id", "=", id)
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}

/** As `findIdleLanes`, for answers. */
export async function findIdleReplies(db: Kysely<Schema>, dueBefore: Date, limit: number): Promise<SharedLane[]> {
  const { rows } = await sql<{ id: string; channel: string }>`
    select id, channel from (
      select c.id, c.channel, min(o.id) as first, row_number() over (partition by c.channel order by min(o.id)) as place
      from outbox o join conversation c on c.id = o.conversation_id
      where o.is_open and o.due_at < ${dueBefore} group by c.id, c.channel
    ) as idle where place <= ${limit} order by first`.execute(db);
  return rows.map((row) => ({ lane: replyLane(conversationId(row.id)), whose: row.channel }));
}
