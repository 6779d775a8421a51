import { type Kysely, sql } from "kysely";
import type { Way } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import type { ConversationId, EventId, InboxId, RoomId } from "../domain/ids.ts";
import { ARRIVAL_MOVES, statesBefore } from "../domain/message-steps.ts";
import { expectFenced, fenced } from "./lane.ts";
import type { Schema, StoredParty } from "./schema.ts";
import { type NewStep, noteSteps } from "./step.ts";

/** Where an arrival is being posted. */
export interface Posting {
  readonly id: InboxId;
  readonly conversation: ConversationId;
  readonly room: RoomId;
  /** Ghost localpart. */
  readonly ghost: string;
  readonly remoteId: string | undefined;
  /** When a worker had taken it up, and the rules had let it pass. */
  readonly screenedAt: Date;
  readonly cc?: readonly StoredParty[] | undefined;
  readonly replyTo?: StoredParty | undefined;
  /** By which it came, when that is not the conversation's own. */
  readonly channel?: string | undefined;
  /** Where answers go, when that is not where it came from. */
  readonly answers?: Way | undefined;
}

/** An arrival without files is settled in one statement: it stands in the room, and its words leave our store. */
export async function settleText(db: Kysely<Schema>, fence: Fence, posting: Posting, text: EventId): Promise<void> {
  const change = sql`state = 'posted', message = null, posted_at = now(), code = null`;
  await recordText(db, fence, posting, { text, change, steps: [screened(posting), { step: "posted" }] });
}

/**
 * Journals that the words stand in the room while files still have to follow: agents may answer them from now on, and
 * another attempt does not send them again, however late it comes.
 */
export async function journalText(db: Kysely<Schema>, fence: Fence, posting: Posting, text: EventId): Promise<void> {
  const posted = JSON.stringify({ posted: text });
  const change = sql`message = message || ${posted}::jsonb`;
  await recordText(db, fence, posting, { text, change, steps: [screened(posting)] });
}

/** By the database's clock, as all steps are. */
const screened = ({ screenedAt }: Posting): NewStep => ({
  step: "screened",
  at: sql`clock_timestamp() - ${Date.now() - screenedAt.getTime()} * interval '1 millisecond'`,
});

async function recordText(
  db: Kysely<Schema>,
  fence: Fence,
  { id, conversation, room, ghost, remoteId, cc, replyTo, channel, answers }: Posting,
  { text, change, steps }: { text: EventId; change: ReturnType<typeof sql>; steps: readonly NewStep[] },
): Promise<void> {
  const result = await sql<{ id: string }>`
    with changed as (
      update inbox set ${change}, conversation_id = ${conversation}, event_id = ${text}
      where id = ${id} and state = 'waiting' and ${fenced(fence)} returning id
    ), noted as ${noteSteps("inbox_id", ...steps)}, rooted as (
      update conversation set root_event_id = ${text}
      where id = ${conversation} and room_id = ${room} and root_event_id is null and exists (select 1 from changed)
    ), recorded as (
      insert into message (event_id, room_id, conversation_id, author, ghost, remote_id, cc, reply_to, channel, answer_channel,
        answer_address, inbox_id, created_at)
      select ${text}, ${room}, ${conversation}::bigint, 'citizen', ${ghost}, ${remoteId ?? null}, ${asJson(cc)}::jsonb,
        ${asJson(replyTo)}::jsonb, ${channel ?? null}, ${answers?.channel ?? null}, ${answers?.address ?? null},
        id, clock_timestamp() from changed
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
      insert into message (event_id, room_id, conversation_id, author, ghost, part_of, inbox_id, created_at)
      select ${file.event}, ${room}, ${conversation}::bigint, 'citizen', ${ghost}, ${file.partOf}, ${id}::bigint, clock_timestamp() from owned
      on conflict (event_id) do nothing
    )
    select id from owned`.execute(db);
  expectFenced(fence, result.rows.length);
}

/** The last file stands in the room: the words leave our store. Files that could not be shown stay in it. */
export async function settleFiles(db: Kysely<Schema>, fence: Fence, id: InboxId): Promise<void> {
  const rows = await db
    .with("changed", (cte) =>
      cte
        .updateTable("inbox")
        .set({ state: ARRIVAL_MOVES.posted.to, message: null, posted_at: new Date(), code: null })
        .where("id", "=", id)
        .where("state", "in", statesBefore(ARRIVAL_MOVES, "posted"))
        .where(fenced(fence))
        .returning("id"),
    )
    .with("noted", () => noteSteps("inbox_id", { step: "posted" }))
    .selectFrom("changed")
    .select("id")
    .execute();
  expectFenced(fence, rows.length);
}
