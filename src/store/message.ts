import type { Kysely } from "kysely";
import type { PortalKind } from "../domain/conversation.ts";
import { type ConversationId, conversationId, type EventId, eventId, type RoomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

export interface RecordedMessage {
  readonly event: EventId;
  readonly conversation: ConversationId;
  readonly author: "citizen" | "agent" | "bridge";
}

export async function addMessage(
  db: Kysely<Schema>,
  message: {
    event: EventId;
    room: RoomId;
    conversation: ConversationId;
    author: "agent" | "bridge";
    /** The event that a notice is about. */
    about?: EventId;
  },
): Promise<void> {
  await db
    .insertInto("message")
    .values({
      event_id: message.event,
      room_id: message.room,
      conversation_id: message.conversation,
      author: message.author,
      about: message.about ?? null,
    })
    .onConflict((conflict) => conflict.column("event_id").doNothing())
    .execute();
}

/** Those of the events that stand in a conversation. */
export async function findMessages(
  db: Kysely<Schema>,
  room: RoomId,
  events: readonly EventId[],
): Promise<Map<EventId, RecordedMessage>> {
  if (events.length === 0) return new Map();
  const rows = await db
    .selectFrom("message")
    .select(["event_id", "conversation_id", "author"])
    .where("event_id", "in", events)
    .where("room_id", "=", room)
    .execute();
  return new Map(
    rows.map((row) => [
      eventId(row.event_id),
      {
        event: eventId(row.event_id),
        conversation: conversationId(row.conversation_id),
        author: row.author,
      },
    ]),
  );
}

export interface ConversationPlace {
  readonly id: ConversationId;
  readonly agency: string;
  readonly channel: string;
  readonly portal: PortalKind;
  readonly room: RoomId;
  /** First and newest message in this room. */
  readonly root: EventId | undefined;
  readonly latest: EventId | undefined;
  /** Address of the citizen whom the conversation belongs to. */
  readonly address: string;
}

/** A conversation as it stands in one of its rooms: the one that it is in, or one that it was in before a move. */
export async function readPlace(
  db: Kysely<Schema>,
  id: ConversationId,
  room: RoomId,
): Promise<ConversationPlace | undefined> {
  const row = await db
    .selectFrom("conversation as c")
    .select(["c.agency", "c.channel", "c.portal", "c.room_id", "c.root_event_id", "c.address"])
    .select((eb) => {
      const standing = eb
        .selectFrom("message")
        .select("event_id")
        .whereRef("conversation_id", "=", "c.id")
        .where("room_id", "=", room)
        .limit(1);
      return [
        standing.orderBy("created_at", "desc").as("latest"),
        standing.where("author", "=", "citizen").orderBy("created_at").as("first"),
      ];
    })
    .where("c.id", "=", id)
    .executeTakeFirst();
  if (!row) return undefined;
  const root = row.room_id === room ? row.root_event_id : row.first;
  return {
    id,
    agency: row.agency,
    channel: row.channel,
    portal: row.portal,
    room,
    root: root === null ? undefined : eventId(root),
    latest: row.latest === null ? undefined : eventId(row.latest),
    address: row.address,
  };
}

/** Names that the conversation's newest messages have on a channel, oldest first, and the citizen's newest one. */
export async function readRemoteIds(
  db: Kysely<Schema>,
  { conversation, channel, limit }: { conversation: ConversationId; channel: string; limit: number },
): Promise<{ all: string[]; newestOfCitizen: string | undefined }> {
  const rows = await db
    .selectFrom("message as m")
    .innerJoin("conversation as c", "c.id", "m.conversation_id")
    .select(["m.remote_id", "m.author"])
    .where("m.conversation_id", "=", conversation)
    .where("m.remote_id", "is not", null)
    .where((eb) => eb(eb.fn.coalesce("m.channel", "c.channel"), "=", channel))
    .orderBy("m.created_at", "desc")
    .limit(limit)
    .execute();
  const named = rows.flatMap((row) => (row.remote_id === null ? [] : [{ id: row.remote_id, author: row.author }]));
  return {
    all: named.map(({ id }) => id).reverse(),
    newestOfCitizen: named.find(({ author }) => author === "citizen")?.id,
  };
}
