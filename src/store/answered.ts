import type { Kysely } from "kysely";
import type { Way } from "../domain/conversation.ts";
import { type ConversationId, type EventId, eventId } from "../domain/ids.ts";
import type { Schema, StoredParty } from "./schema.ts";

/** A citizen's message that is answered. */
export interface AnsweredMessageRecord {
  /** The event with its words. */
  readonly event: EventId;
  readonly remoteId: string | undefined;
  readonly from: StoredParty;
  /** By which it came. */
  readonly channel: string;
  /** Where an answer goes. */
  readonly answers: Way;
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
    .innerJoin("conversation as c", "c.id", "m.conversation_id")
    .leftJoin("ghost_membership as s", (join) =>
      join.onRef("s.localpart", "=", "m.ghost").onRef("s.room_id", "=", "m.room_id"),
    )
    .select(["m.event_id", "m.remote_id", "m.cc", "m.reply_to", "g.address", "s.display_name"])
    .select(["m.channel", "m.answer_channel", "m.answer_address", "c.channel as own_channel"])
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
  const { display_name: name } = row;
  const channel = row.channel ?? row.own_channel;
  // Somebody who wrote by another way than their ghost was made for is still that person.
  const address = row.channel === null ? row.address : (row.answer_address ?? row.address);
  return {
    event: eventId(row.event_id),
    remoteId: row.remote_id ?? undefined,
    channel,
    answers: { channel: row.answer_channel ?? channel, address: row.answer_address ?? row.address },
    from: name === null || name === address ? { address } : { address, name },
    cc: row.cc ?? [],
    replyTo: row.reply_to ?? undefined,
  };
}

/** Where answers to the newest message go of whom the conversation belongs to. */
export async function readOwnersWay(db: Kysely<Schema>, conversation: ConversationId): Promise<Way | undefined> {
  const row = await db
    .selectFrom("message as m")
    .innerJoin("conversation as c", "c.id", "m.conversation_id")
    .select((eb) => [
      eb.fn.coalesce("m.answer_channel", "m.channel", "c.channel").as("channel"),
      eb.fn.coalesce("m.answer_address", "c.address").as("address"),
    ])
    .where("m.conversation_id", "=", conversation)
    .whereRef("m.ghost", "=", "c.citizen")
    .where("m.part_of", "is", null)
    .orderBy("m.created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row;
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
