import { type Kysely, sql } from "kysely";
import type { KnownConversation, PortalKind, Way } from "../domain/conversation.ts";
import { type ConversationId, conversationId, type EventId, eventId, type RoomId, roomId } from "../domain/ids.ts";
import type { Schema } from "./schema.ts";

export interface NewConversation {
  /** When its number was given out before. */
  readonly id?: ConversationId | undefined;
  readonly agency: string;
  readonly channel: string;
  readonly portal: PortalKind;
  /** Undefined for a room of its own that cannot be made yet: see `placeConversation`. */
  readonly room: RoomId | undefined;
  /** Ghost localpart. */
  readonly citizen: string;
  readonly address: string;
  readonly citizenName: string | undefined;
  readonly subject: string | undefined;
  /** Known before its first message when an agent begins it. */
  readonly root?: EventId;
}

/** A room of its own belongs to the newest conversation that claims it: an earlier one was lost in a crash. */
export async function addConversation(db: Kysely<Schema>, conversation: NewConversation): Promise<ConversationId> {
  const { portal, room } = conversation;
  if (portal === "thread" || room === undefined) return insertConversation(db, conversation);
  return db.transaction().execute(async (trx) => {
    const id = await insertConversation(trx, conversation);
    await claimRoom(trx, id, room);
    return id;
  });
}

/** Gives a conversation the room that it waited for. */
export async function placeConversation(db: Kysely<Schema>, id: ConversationId, room: RoomId): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("conversation").set({ room_id: room }).where("id", "=", id).execute();
    await claimRoom(trx, id, room);
  });
}

async function claimRoom(db: Kysely<Schema>, id: ConversationId, room: RoomId): Promise<void> {
  await db
    .insertInto("portal_room")
    .values({ room_id: room, conversation_id: id })
    .onConflict((conflict) => conflict.column("room_id").doUpdateSet({ conversation_id: id }))
    .execute();
}

/** Stands in `room_id` for no room; no room is called so. */
const NOWHERE = "";

/** A number that was given out before is kept, unless another conversation has taken it meanwhile. */
async function insertConversation(db: Kysely<Schema>, conversation: NewConversation): Promise<ConversationId> {
  const { id, agency, channel, portal, room, citizen, address, citizenName, subject, root } = conversation;
  const { rows } = await sql<{ id: string }>`
    insert into conversation
      (id, agency, channel, portal, room_id, citizen, address, citizen_name, subject, root_event_id)
    overriding system value
    values (coalesce(${id ?? null}::bigint, nextval(pg_get_serial_sequence('conversation', 'id'))), ${agency}, ${channel},
      ${portal}, ${room ?? NOWHERE}, ${citizen}, ${address}, ${citizenName ?? null}, ${subject ?? null}, ${root ?? null})
    on conflict (id) do nothing
    returning id`.execute(db);
  const [row] = rows;
  if (row) return conversationId(row.id);
  const { id: _taken, ...unnumbered } = conversation;
  return insertConversation(db, unnumbered);
}

/** Numbers for conversations that are going to begin; one that is not used is lost. */
export async function drawConversations(db: Kysely<Schema>, count: number): Promise<ConversationId[]> {
  const { rows } = await sql<{ id: string }>`
    select nextval(pg_get_serial_sequence('conversation', 'id')) as id from generate_series(1, ${count}::integer)`.execute(
    db,
  );
  return rows.map(({ id }) => conversationId(id));
}

export async function setSubject(db: Kysely<Schema>, id: ConversationId, subject: string | undefined): Promise<void> {
  await db
    .updateTable("conversation")
    .set({ subject: subject ?? null })
    .where("id", "=", id)
    .execute();
}

/** The channels of conversations. */
export async function readChannels(
  db: Kysely<Schema>,
  conversations: readonly ConversationId[],
): Promise<Map<ConversationId, string>> {
  const rows = await db.selectFrom("conversation").select(["id", "channel"]).where("id", "in", conversations).execute();
  return new Map(rows.map((row) => [conversationId(row.id), row.channel]));
}

/**
 * Conversations that an arrival may continue: the ones in `ids`, then those of cited messages, nearest citation first.
 * @param from where the arrival comes from.
 */
export async function findCandidates(
  db: Kysely<Schema>,
  ids: readonly ConversationId[],
  references: readonly string[],
  from: Way,
): Promise<KnownConversation[]> {
  if (ids.length === 0 && references.length === 0) return [];
  const { rows } = await sql<CandidateRow>`
    with found as (
      select id, 0 as rank from unnest(${[...ids]}::bigint[]) as id
      union all
      select m.conversation_id, r.rank from unnest(${[...references]}::text[]) with ordinality as r(remote_id, rank)
      join message m on m.remote_id = r.remote_id
    )
    select c.id, c.channel, c.agency, c.portal, c.room_id, c.address, c.citizen, c.root_event_id,
      exists (select 1 from conversation_way where conversation_id = c.id) as has_ways,
      exists (select 1 from conversation_way
        where conversation_id = c.id and channel = ${from.channel} and address = ${from.address}) as is_way,
      (select event_id from message where conversation_id = c.id and room_id = c.room_id order by created_at desc limit 1)
        as latest
    from (select id, min(rank) as rank from found group by id) f join conversation c on c.id = f.id
    order by f.rank limit 20`.execute(db);
  return rows.map((row) => ({
    id: conversationId(row.id),
    channel: row.channel,
    agency: row.agency,
    portal: row.portal,
    room: row.room_id === NOWHERE ? undefined : roomId(row.room_id),
    address: row.address,
    citizen: row.citizen,
    hasWays: row.has_ways,
    isWay: row.is_way,
    root: row.root_event_id === null ? undefined : eventId(row.root_event_id),
    latest: row.latest === null ? undefined : eventId(row.latest),
  }));
}

interface CandidateRow {
  readonly id: string;
  readonly channel: string;
  readonly agency: string;
  readonly portal: PortalKind;
  readonly room_id: string;
  readonly address: string;
  readonly citizen: string;
  readonly has_ways: boolean;
  readonly is_way: boolean;
  readonly root_event_id: string | null;
  readonly latest: string | null;
}
