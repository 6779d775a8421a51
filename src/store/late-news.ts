import { type Kysely, sql } from "kysely";
import type { ChannelId, OutboxId } from "../domain/ids.ts";
import { type ConversationId, conversationId } from "../domain/ids.ts";
import { isNews, type LateState } from "../domain/late-news.ts";
import { stepOfNews } from "../domain/message-steps.ts";
import type { AnswerNews } from "./outbox.ts";
import type { Schema } from "./schema.ts";
import { noteSteps } from "./step.ts";

/** Which answer news are about; the first name that is known counts. */
export interface AnswerNames {
  readonly channel: ChannelId;
  readonly deliveries: readonly { readonly conversation: ConversationId; readonly id: OutboxId }[];
  readonly remoteIds: readonly string[];
}

/**
 * Stores news of an answer and opens it again, so that its lane shows them.
 * @returns the conversation, and whether this changed what is known; undefined when no answer of the channel is meant.
 */
export async function addNews(
  db: Kysely<Schema>,
  names: AnswerNames,
  news: AnswerNews & { at: Date; recipient: string | undefined },
): Promise<{ conversation: ConversationId; changed: boolean } | undefined> {
  return db.transaction().execute(async (trx) => {
    const found = await findForNews(trx, names);
    if (found === undefined) return undefined;
    const conversation = conversationId(found.conversation_id);
    if (!isNews(found.news_state ?? undefined, news.state)) return { conversation, changed: false };
    const { state, code, remoteAnswer } = news;
    await trx
      .with("changed", (cte) =>
        cte
          .updateTable("outbox")
          .set({
            news_state: state,
            news_code: code,
            news_remark: (found.cc === null ? news.remark : nameRecipient(news)) ?? null,
            news_answer: remoteAnswer ?? null,
            news_at: news.at,
            is_open: true,
            is_dead: isDeadAfter(state),
          })
          .where("id", "=", found.id)
          .returning("id"),
      )
      .with("noted", () => noteSteps("outbox_id", { step: stepOfNews(state), code, remoteAnswer }))
      .selectFrom("changed")
      .select("id")
      .execute();
    return { conversation, changed: true };
  });
}

/** What came back waits for a decision, unless it is being tried again; what arrived after all no longer does. */
function isDeadAfter(state: LateState) {
  if (state === "delayed") return sql<boolean>`is_dead`;
  return sql<boolean>`${state === "failed"} and kind = 'answer' and state in ('sent', 'failed', 'unknown')`;
}

interface Found {
  readonly id: string;
  readonly conversation_id: string;
  readonly news_state: LateState | null;
  readonly cc: unknown;
}

/** An answer to all fails at one of them: at whom has to be said. */
const nameRecipient = ({ recipient, remark, code }: AnswerNews & { recipient: string | undefined }) =>
  recipient === undefined || remark?.startsWith(recipient) ? remark : `${recipient}: ${remark ?? code}`;

/** Locks the row: two reports about one message take turns. An answer that was never tried has no news. */
async function findForNews(db: Kysely<Schema>, names: AnswerNames): Promise<Found | undefined> {
  for (const { conversation, id } of names.deliveries) {
    const row = await answersOf(db, names.channel)
      .where("o.id", "=", id)
      .where("c.id", "=", conversation)
      .executeTakeFirst();
    if (row) return row;
  }
  if (names.remoteIds.length === 0) return undefined;
  return answersOf(db, names.channel)
    .innerJoin("message as m", "m.event_id", "o.event_id")
    .where("m.remote_id", "in", names.remoteIds)
    .orderBy(sql`array_position(${[...names.remoteIds]}::text[], m.remote_id)`)
    .limit(1)
    .executeTakeFirst();
}

const answersOf = (db: Kysely<Schema>, channel: ChannelId) =>
  db
    .selectFrom("outbox as o")
    .innerJoin("conversation as c", "c.id", "o.conversation_id")
    .select(["o.id", "o.conversation_id", "o.news_state", "o.cc"])
    .where((eb) => eb(eb.fn.coalesce("o.channel", "c.channel"), "=", channel))
    .where("o.state", "in", ["attempting", "queued", "sent", "failed", "unknown"])
    .where("o.attempts", ">", 0)
    .forUpdate("o");
