import { type Kysely, sql } from "kysely";
import type { EarlierConversation, EventPlace } from "../domain/conversation.ts";
import { type ConversationId, eventId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

/** An address's conversations that are looked at for a hint. */
const MOST_OWN = 50;
/** Citations that are looked at for a hint. */
const MOST_CITED = 20;

/**
 * Conversations with an agency, on whichever channel, before the one with the id `before`: those of the messages that
 * are cited, nearest citation first, and those of the address, newest first. One without a message is none.
 */
export async function findEarlier(
  db: Kysely<Schema>,
  {
    before,
    agency,
    address,
    references,
  }: {
    readonly before: ConversationId;
    readonly agency: string;
    readonly address: string;
    readonly references: readonly string[];
  },
): Promise<{ cited: EarlierConversation[]; own: EarlierConversation[] }> {
  const own = read(
    db,
    sql`
    select id, id as rank from conversation
    where address = ${address} and agency = ${agency} and id < ${before}::bigint order by id desc limit ${MOST_OWN}`,
  );
  if (references.length === 0) return { cited: [], own: (await own).reverse() };
  const cited = read(
    db,
    sql`
    select m.conversation_id as id, min(r.rank) as rank
    from unnest(${references.slice(0, MOST_CITED)}::text[]) with ordinality as r(remote_id, rank)
    join message m on m.remote_id = r.remote_id join conversation c on c.id = m.conversation_id
    where c.agency = ${agency} and c.id < ${before}::bigint group by m.conversation_id order by 2 limit ${MOST_CITED}`,
  );
  return { cited: await cited, own: (await own).reverse() };
}

interface Row {
  readonly address: string;
  readonly subject: string | null;
  readonly last_at: Date;
  readonly room_id: string;
  readonly event_id: string;
}

/** @param found conversations by id, with the rank that orders them. */
async function read(db: Kysely<Schema>, found: ReturnType<typeof sql>): Promise<EarlierConversation[]> {
  const { rows } = await sql<Row>`
    select c.address, c.subject,
      (select max(created_at) from message where conversation_id = c.id) as last_at,
      case when c.root_event_id is null then b.room_id else c.room_id end as room_id,
      coalesce(c.root_event_id, b.event_id) as event_id
    from (${found}) f join conversation c on c.id = f.id
    cross join lateral (
      select room_id, event_id from message
      where conversation_id = c.id and author = 'citizen' order by created_at limit 1) b
    order by f.rank`.execute(db);
  return rows.map((row) => ({
    address: row.address,
    subject: row.subject ?? undefined,
    lastAt: row.last_at,
    begins: { room: roomId(row.room_id), event: eventId(row.event_id) },
  }));
}

/** Where a conversation's first message stands; undefined when it has none yet. */
export async function findBeginning(db: Kysely<Schema>, conversation: ConversationId): Promise<EventPlace | undefined> {
  const row = await db
    .selectFrom("message")
    .select(["room_id", "event_id"])
    .where("conversation_id", "=", conversation)
    .where("author", "=", "citizen")
    .orderBy("created_at")
    .limit(1)
    .executeTakeFirst();
  return row && { room: roomId(row.room_id), event: eventId(row.event_id) };
}
