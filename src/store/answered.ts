import type { Kysely } from "kysely";
import { type ConversationId, type EventId, eventId } from "../domain/ids.ts";
import type { Schema, StoredParty } from "./schema.ts";

/** A citizen's message that is answered. */
export interface AnsweredMessageRecord {
  /** The event with its words. */
  readonly event: EventId;
  readonly remoteId: string | undefined;
  readonly from: StoredParty;
  readonly cc: readonly StoredParty[];
  readonly replyTo: StoredParty | undefined;
}

/** @param event of the message, or of one of its files; undefined for the conversation's newest message of a citizen. */
export async function findAnswered(
  db: Kysely<Schema>,
  conversation: ConversationId,
  event: EventId | undefined,
): Promise<AnsweredMessageRecord | undefined> {
  let query = db
    .selectFrom("message as m")
    .innerJoin("ghost as g", "g.localpart", "m.ghost")
    .leftJoin("ghost_membership as s", (join) =>
      join.onRef("s.localpart", "=", "m.ghost").onRef("s.room_id", "=", "m.room_id"),
    )
    .select(["m.event_id", "m.remote_id", "m.cc", "m.reply_to", "g.address", "s.display_name"])
    .where("m.conversation_id", "=", conversation)
    .where("m.author", "=", "citizen")
    .where("m.part_of", "is", null);
  if (event !== undefined)
    query = query.where(({ eb, selectFrom, fn, val }) =>
      eb(
        "m.event_id",
        "=",
        fn.coalesce(selectFrom("message").select("part_of").where("event_id", "=", event), val<string>(event)),
      ),
    );
  const row = await query.orderBy("m.created_at", "desc").limit(1).executeTakeFirst();
  if (!row) return undefined;
  const { address, display_name: name } = row;
  return {
    event: eventId(row.event_id),
    remoteId: row.remote_id ?? undefined,
    from: name === null || name === address ? { address } : { address, name },
    cc: row.cc ?? [],
    replyTo: row.reply_to ?? undefined,
  };
}

/** Whether a citizen has written in the conversation. */
export async function hasCitizenWritten(db: Kysely<Schema>, conversation: ConversationId): Promise<boolean> {
  const row = await db
    .selectFrom("message")
    .select("event_id")
    .where("conversation_id", "=", conversation)
    .where("author", "=", "citizen")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
