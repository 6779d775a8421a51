import { type Kysely, sql } from "kysely";
import type { Decision } from "../domain/decision.ts";
import { type ConversationId, conversationId, type EventId, type OutboxId, outboxId } from "../domain/ids.ts";
import { SENDING_MOVES } from "../domain/message-steps.ts";
import type { Schema, StoredAnswer, StoredParty } from "./schema.ts";
import { noteSteps } from "./step.ts";

/**
 * A dead letter: an agent's answer that did not arrive, or of which nobody knows, and that waits for a person's decision.
 * It holds no words.
 */
export interface DeadLetter {
  readonly id: OutboxId;
  readonly conversation: ConversationId;
  readonly agency: string;
  readonly channel: string;
  readonly state: "failed" | "unknown" | "bounced";
  readonly code: string;
  readonly attempts: number;
  /** When it became one. */
  readonly since: Date;
}

/** Oldest first. */
export async function listDead(db: Kysely<Schema>): Promise<DeadLetter[]> {
  const rows = await db
    .selectFrom("outbox as o")
    .innerJoin("conversation as c", "c.id", "o.conversation_id")
    .select(["o.id", "o.conversation_id", "o.state", "o.code", "o.attempts", "o.settled_at", "o.written_at"])
    .select(["o.news_state", "o.news_code", "o.news_at", "c.agency"])
    .select((eb) => eb.fn.coalesce("o.channel", "c.channel").as("channel"))
    .where("o.is_dead", "=", true)
    .orderBy("o.id")
    .execute();
  return rows.map((row) => {
    const hasComeBack = row.news_state === "failed";
    return {
      id: outboxId(row.id),
      conversation: conversationId(row.conversation_id),
      agency: row.agency,
      channel: row.channel,
      state: hasComeBack ? "bounced" : row.state === "unknown" ? "unknown" : "failed",
      code: (hasComeBack ? row.news_code : row.code) ?? "",
      attempts: row.attempts,
      since: (hasComeBack ? row.news_at : row.settled_at) ?? row.written_at,
    };
  });
}

/** What a dead letter says, and to whom. */
export interface DeadWords {
  readonly address: string;
  readonly cc: readonly StoredParty[];
  readonly subject: string | undefined;
  readonly content: StoredAnswer;
}

export async function readDead(db: Kysely<Schema>, id: OutboxId): Promise<DeadWords | undefined> {
  const row = await db
    .selectFrom("outbox as o")
    .innerJoin("conversation as c", "c.id", "o.conversation_id")
    .select(["o.address", "o.cc", "o.content", "c.subject"])
    .where("o.id", "=", id)
    .where("o.is_dead", "=", true)
    .executeTakeFirst();
  return row && { address: row.address, cc: row.cc ?? [], subject: row.subject ?? undefined, content: row.content };
}

/** Which dead letter is meant: by its number, or by an event, its own or that of a notice about it. */
export type DeadName = { readonly id: OutboxId } | { readonly event: EventId };

/** Who decides. */
export type Decider = "BY_AGENT" | "BY_OPERATOR";

/**
 * Carries out a person's decision. Another attempt has its own time and its own give-up, and goes before what waits in
 * the same conversation; its name on the channel stays, so that whoever has it already knows it again.
 * @returns the conversation whose lane has work, or undefined when this is no dead letter.
 */
export async function decideDead(
  db: Kysely<Schema>,
  name: DeadName,
  decision: Decision,
  by: Decider,
): Promise<ConversationId | undefined> {
  const change =
    decision === "drop"
      ? sql``
      : sql`, state = ${SENDING_MOVES.replayed.to}, due_at = now(), attempts_before = attempts, first_attempt_at = null,
          settled_at = null, code = null, remote_answer = null, refused = null, news_state = null, news_code = null,
          news_remark = null, news_answer = null, news_at = null, is_open = true`;
  const step = { step: decision === "drop" ? "dropped" : "replayed", code: by } as const;
  const { rows } = await sql<{ conversation_id: string }>`
    with changed as (
      update outbox set is_dead = false${change} where ${isNamed(name)} and is_dead returning id, conversation_id
    ), noted as ${noteSteps("outbox_id", step)}
    select conversation_id from changed`.execute(db);
  return rows[0] && conversationId(rows[0].conversation_id);
}

const isNamed = (name: DeadName) =>
  "id" in name
    ? sql`id = ${name.id}`
    : sql`event_id = (select coalesce(about, event_id) from message where event_id = ${name.event})`;

/** Whether an event is an agent's answer, or a notice about one. */
export async function isAboutAnswer(db: Kysely<Schema>, event: EventId): Promise<boolean> {
  const row = await db
    .selectFrom("outbox as o")
    .innerJoin("message as m", (join) =>
      join.on((eb) => eb("o.event_id", "=", eb.fn.coalesce("m.about", "m.event_id"))),
    )
    .select("o.id")
    .where("m.event_id", "=", event)
    .executeTakeFirst();
  return row !== undefined;
}
