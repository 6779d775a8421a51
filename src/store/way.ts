import type { Kysely } from "kysely";
import type { Way } from "../domain/conversation.ts";
import type { ConversationId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** Journals another way to a conversation's citizen. Safe to repeat. */
export async function addWay(db: Kysely<Schema>, conversation: ConversationId, way: Way): Promise<void> {
  await db
    .insertInto("conversation_way")
    .values({ conversation_id: conversation, channel: way.channel, address: way.address })
    .onConflict((conflict) =>
      conflict.columns(["conversation_id", "channel", "address"]).doUpdateSet({ added_at: new Date() }),
    )
    .execute();
}

/** The ways to a conversation's citizen: the newest first, the one by which it began last. */
export async function readWays(db: Kysely<Schema>, conversation: ConversationId): Promise<Way[]> {
  const others = await db
    .selectFrom("conversation_way")
    .select(["channel", "address"])
    .where("conversation_id", "=", conversation)
    .orderBy("added_at", "desc")
    .execute();
  const own = await db
    .selectFrom("conversation")
    .select(["channel", "address"])
    .where("id", "=", conversation)
    .execute();
  return [...others, ...own];
}
