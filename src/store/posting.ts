import { type Kysely, sql } from "kysely";
import type { Way } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import type { ConversationId, EventId, InboxId, RoomId } from "../domain/ids.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema, StoredParty } from "./schema.ts";

/** Where an arrival is being posted. */
export interface Posting {
  readonly id: InboxId;
  readonly conversation: ConversationId;
  readonly room: RoomId;
  /** Ghost localpart. */
  readonly ghost: string;
  readonly remoteId: string | undefined;
  readonly cc?: readonly StoredParty[] | undefined;
  readonly replyTo?: StoredParty | undefined;
  /** By which it came, when that is not the conversation's own. */
  readonly channel?: string | undefined;
  /** Where answers go, when that is not where it came from. */
  readonly answers?: Way | undefined;
}

/** An arrival without files is settled in one statement: it stands in the room, and its words leave our store. */
export async function settleText(db: Kysely<Schema>, fence: Fence, posting: Posting, text: EventId): Promise<void> {
  await recordText(db, fence, posting, text, sql`state = 'posted', message = null, posted_at = now(), code = null`);
}

/**
 * Journals that the words stand in the room while files still have to follow: agents may answer them from now on, and
 * another attempt does not send them again, however late it comes.
 */
export async function journalText(db: Kysely<Schema>, fence: Fence, posting: Posting, text: EventId): Promise<void> {
  const posted = JSON.stringify({ posted: text });
  await recordText(db, fence, posting, text, sql`message = message || ${posted}::jsonb`);
}

async function recordText(
  db: Kysely<Schema>,
  fence: Fence,
  { id, conversation, room, ghost, remoteId, cc, replyTo, channel, answers }: Posting,
  text: EventId,
  change: ReturnType<typeof sql>,
): Promise<void> {
  const result = await sql<{ id: string }>`
    with changed as (
      update inbox set ${change}, conversation_id = ${conversation}, event_id = ${text}
      where id = ${id} and state = 'waiting' and ${fenced(fence)} returning id
    ), rooted as (
      update conversation set root_event_id = ${text}
      where id = ${conversation} and room_id = ${room} and root_event_id is null and exists (select 1 from changed)
    ), recorded as (
      insert into message (event_id, room_id, conversation_id, author, ghost, remote_id, cc, reply_to, channel, answer_channel,
        answer_address, created_at)
      select ${text}, ${room}, ${conversation}::bigint, 'citizen', ${ghost}, ${remoteId ?? null}, ${asJson(cc)}::jsonb,
        ${asJson(replyTo)}::jsonb, ${channel ?? null}, ${answers?.channel ?? null}, ${answers?.address ?? null},
        clock_timestamp() from changed
      on conflict (event_id) do nothing
    )
    select id from changed`.execute(db);
  expectFenced(fence, result.rows.length);
}

const asJson = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

/**
 * Journals that a file stands in the room, and drops our copy of it.
 * @param position undefined for a file that is not one of the arrival's own.
 */
export async function journalFile(
  db: Kysely<Schema>,
  fence: Fence,
  { id, conversation, room, ghost }: Posting,
  file: { event: EventId; position: number | undefined; partOf: EventId },
): Promise<void> {
  const result = await sql<{ id: string }>`
    with owned as (select 1 as id where ${fenced(fence)}
    ), dropped as (
      delete from inbox_attachment where inbox_id = ${id} and position = ${file.position ?? null} and exists (select 1 from owned)
      returning blob_id
    ), blobs as (
      delete from blob where id in (select blob_id from dropped)
    ), recorded as (
      insert into message (event_id, room_id, conversation_id, author, ghost, part_of, created_at)
      select ${file.event}, ${room}, ${conversation}::bigint, 'citizen', ${ghost}, ${file.partOf}, clock_timestamp() from owned
      on conflict (event_id) do nothing
    )
    select id from owned`.execute(db);
  expectFenced(fence, result.rows.length);
}

/** The last file stands in the room: the words leave our store. Files that could not be shown stay in it. */
export async function settleFiles(db: Kysely<Schema>, fence: Fence, id: InboxId): Promise<void> {
  const result = await db
    .updateTable("inbox")
    .set({ state: "posted", message: null, posted_at: new Date(), code: null })
    .where("id", "=", id)
    .where("state", "=", "waiting")
    .where(fenced(fence))
    .executeTakeFirst();
  expectFenced(fence, result.numUpdatedRows);
}
