import { type Kysely, sql } from "kysely";

/** What became of an answer after the other side had taken it: bounces, delivery reports, read receipts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table outbox
     add column news_state text check (news_state in ('delayed', 'delivered', 'failed', 'read')), add column news_code text,
     add column news_remark text, add column news_answer text, add column news_at timestamptz`,
  `alter table outbox drop constraint outbox_shown_check`,
  `alter table outbox add constraint outbox_shown_check
     check (shown in ('nothing', 'waiting', 'delayed', 'sent', 'failed', 'read'))`,
];
