import { type Kysely, sql } from "kysely";

/** Files that leave as links can be withdrawn; what the agent is told of an answer before it leaves follows its edits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table outbox add column link_withdrawn_at timestamptz, add column preview text, add column preview_event_id text`,
    )
    .execute(db);
}
