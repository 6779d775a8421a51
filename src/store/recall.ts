import { type Kysely, sql } from "kysely";
import { type ConversationId, conversationId, type EventId, eventId, type UserId, userId } from "../domain/ids.ts";
import { SENDING_MOVES, statesBefore } from "../domain/message-steps.ts";
import { type Answer, listOrNull } from "./outbox.ts";
import type { Schema, StoredAnswer, StoredParty } from "./schema.ts";
import { noteSteps } from "./step.ts";

/** An agent's change of mind, as long as it is certain that the message has not left. */
const recallable = sql<boolean>`state = any(${statesBefore(SENDING_MOVES, "cancelled")}) and not may_have_left`;

export async function cancelAnswer(db: Kysely<Schema>, event: EventId): Promise<ConversationId | undefined> {
  const row = await db
    .with("changed", (cte) =>
      cte
        .updateTable("outbox")
        .set({ state: SENDING_MOVES.cancelled.to, settled_at: new Date(), due_at: new Date() })
        .where("event_id", "=", event)
        .where(recallable)
        .returning(["id", "conversation_id"]),
    )
    .with("noted", () => noteSteps("outbox_id", { step: "cancelled" }))
    .selectFrom("changed")
    .select("conversation_id")
    .executeTakeFirst();
  return row && conversationId(row.conversation_id);
}

/** The undo window begins anew with an edit, so that the new words can be taken back as well. */
export async function replaceAnswer(
  db: Kysely<Schema>,
  event: EventId,
  agent: UserId,
  change: { content: StoredAnswer; cc: readonly StoredParty[]; dueAt: Date; route: AnswerRoute | undefined },
): Promise<ConversationId | undefined> {
  const row = await db
    .with("changed", (cte) =>
      cte
        .updateTable("outbox")
        .set({ content: JSON.stringify(change.content), cc: listOrNull(change.cc), due_at: change.dueAt })
        .$if(change.route !== undefined, (query) =>
          query.set({
            channel: change.route?.channel ?? null,
            address: change.route?.address ?? "",
            in_reply_to: change.route?.inReplyTo ?? null,
          }),
        )
        .where("event_id", "=", event)
        .where("sender", "=", agent)
        .where(recallable)
        .returning(["id", "conversation_id", "state"]),
    )
    // Held or queued it stays; from now on with other words.
    .with("noted", () => noteSteps("outbox_id", { step: sql<"held" | "queued">`changed.state` }))
    .selectFrom("changed")
    .select("conversation_id")
    .executeTakeFirst();
  return row && conversationId(row.conversation_id);
}

/** How an answer leaves. */
export interface AnswerRoute {
  /** Undefined: the conversation's own channel. */
  readonly channel: string | undefined;
  readonly address: string;
  readonly inReplyTo: string | undefined;
}

export type FoundAnswer = Pick<Answer, "state" | "agent" | "address" | "answered" | "content"> & {
  readonly conversation: ConversationId;
  readonly channel: string;
  /** It began its conversation. */
  readonly isOpening: boolean;
};

export async function findAnswer(db: Kysely<Schema>, event: EventId): Promise<FoundAnswer | undefined> {
  const row = await db
    .selectFrom("outbox as o")
    .innerJoin("conversation as c", "c.id", "o.conversation_id")
    .select([
      "o.conversation_id",
      "o.state",
      "o.sender",
      "o.address",
      "o.answered_event_id",
      "o.content",
      "o.channel",
      "c.root_event_id",
      "c.channel as own_channel",
    ])
    .where("o.event_id", "=", event)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    conversation: conversationId(row.conversation_id),
    state: row.state,
    agent: row.sender === null ? undefined : userId(row.sender),
    address: row.address,
    answered: row.answered_event_id === null ? undefined : eventId(row.answered_event_id),
    content: row.content,
    channel: row.channel ?? row.own_channel,
    isOpening: row.root_event_id === event,
  };
}
