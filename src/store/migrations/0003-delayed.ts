import { type Kysely, sql } from "kysely";

/** An answer that is tried for long is shown as delayed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table outbox drop constraint outbox_shown_check`,
  `alter table outbox add constraint outbox_shown_check check (shown in ('nothing', 'waiting', 'delayed', 'sent', 'failed'))`,
];
