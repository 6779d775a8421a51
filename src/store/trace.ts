import { type Kysely, sql } from "kysely";
import {
  type ConversationId,
  conversationId,
  type EventId,
  eventId,
  type InboxId,
  inboxId,
  type OutboxId,
  outboxId,
} from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** A message as its row knows it; no words, no address. */
export type TracedMessage =
  | {
      readonly kind: "arrival";
      readonly id: InboxId;
      readonly conversation: ConversationId | undefined;
      readonly channel: string;
      readonly state: string;
      /** The event that shows its words. */
      readonly event: EventId | undefined;
      readonly remoteId: string | undefined;
    }
  | {
      readonly kind: "answer" | "acknowledgement";
      readonly id: OutboxId;
      readonly conversation: ConversationId;
      readonly channel: string;
      /** What became of it after the other side had taken it, else how its sending stands. */
      readonly state: string;
      readonly isDead: boolean;
      readonly event: EventId | undefined;
      readonly answered: EventId | undefined;
      readonly remoteId: string | undefined;
    };

/** Which messages are meant; of several names each that is known counts. */
export interface TraceName {
  readonly arrival?: InboxId;
  readonly answer?: OutboxId;
  readonly conversation?: ConversationId;
  readonly event?: EventId;
  readonly remoteId?: string;
}

/** Messages of that name, arrivals first, each kind in its order. */
export async function findTraced(db: Kysely<Schema>, name: TraceName): Promise<TracedMessage[]> {
  return [...(await findArrivals(db, name)), ...(await findAnswers(db, name))];
}

const orNull = ({ arrival, answer, conversation, event, remoteId }: TraceName) => ({
  arrival: arrival ?? null,
  answer: answer ?? null,
  conversation: conversation ?? null,
  event: event ?? null,
  remoteId: remoteId ?? null,
});

async function findArrivals(db: Kysely<Schema>, name: TraceName): Promise<TracedMessage[]> {
  const { arrival, conversation, event, remoteId } = orNull(name);
  const { rows } = await sql<{
    id: string;
    conversation_id: string | null;
    channel: string;
    state: string;
    event_id: string | null;
    remote_id: string | null;
  }>`
    with meant as (
      select ${arrival}::bigint as id where ${arrival}::bigint is not null
      union select inbox_id from message where event_id = ${event}
      union select inbox_id from message where remote_id = ${remoteId}
      union select inbox_id from message where conversation_id = ${conversation}::bigint
      -- What does not stand in a room yet. A name that is not given costs no look.
      union select id from inbox where ${conversation}::bigint is not null and state in ('waiting', 'quarantined')
        and conversation_id = ${conversation}::bigint
      union select id from inbox where ${remoteId}::text is not null and state in ('waiting', 'quarantined')
        and message ->> 'remoteId' = ${remoteId}
      union select id from inbox where ${remoteId}::text is not null and dedupe_key = ${remoteId}
    )
    select i.id, i.conversation_id, i.channel, i.state, m.event_id, coalesce(m.remote_id, i.message ->> 'remoteId') as remote_id
    from inbox i left join lateral (
      select event_id, remote_id from message
      where conversation_id = i.conversation_id and inbox_id = i.id and part_of is null order by created_at desc limit 1
    ) m on true
    where i.id in (select id from meant) order by i.id`.execute(db);
  return rows.map((row) => ({
    kind: "arrival",
    id: inboxId(row.id),
    conversation: row.conversation_id === null ? undefined : conversationId(row.conversation_id),
    channel: row.channel,
    state: row.state,
    event: row.event_id === null ? undefined : eventId(row.event_id),
    remoteId: row.remote_id ?? undefined,
  }));
}

async function findAnswers(db: Kysely<Schema>, name: TraceName): Promise<TracedMessage[]> {
  const { answer, conversation, event, remoteId } = orNull(name);
  const { rows } = await sql<{
    id: string;
    kind: "answer" | "acknowledgement";
    conversation_id: string;
    channel: string;
    state: string;
    is_dead: boolean;
    event_id: string | null;
    answered_event_id: string | null;
    remote_id: string | null;
  }>`
    with meant as (
      select ${answer}::bigint as id where ${answer}::bigint is not null
      union select o.id from message m join outbox o on o.event_id = coalesce(m.about, m.event_id) where m.event_id = ${event}
      union select o.id from message m join outbox o on o.event_id = m.event_id where m.remote_id = ${remoteId}
      union select o.id from message m join outbox o on o.event_id = m.event_id
        where m.conversation_id = ${conversation}::bigint and m.author = 'agent'
      -- No event stands behind these.
      union select id from outbox where ${conversation}::bigint is not null and kind = 'acknowledgement'
        and conversation_id = ${conversation}::bigint
      union select id from outbox where ${remoteId}::text is not null and kind = 'acknowledgement' and remote_id = ${remoteId}
    )
    select o.id, o.kind, o.conversation_id, coalesce(o.channel, c.channel) as channel, coalesce(o.news_state, o.state) as state,
      o.is_dead, o.event_id, o.answered_event_id, o.remote_id
    from outbox o join conversation c on c.id = o.conversation_id
    where o.id in (select id from meant) order by o.id`.execute(db);
  return rows.map((row) => ({
    kind: row.kind,
    id: outboxId(row.id),
    conversation: conversationId(row.conversation_id),
    channel: row.channel,
    state: row.state,
    isDead: row.is_dead,
    event: row.event_id === null ? undefined : eventId(row.event_id),
    answered: row.answered_event_id === null ? undefined : eventId(row.answered_event_id),
    remoteId: row.remote_id ?? undefined,
  }));
}
