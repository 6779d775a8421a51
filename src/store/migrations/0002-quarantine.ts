import { type Kysely, sql } from "kysely";

/** An arrival that was set aside can be dropped: its row stays, to recognise it, its words go. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table inbox drop constraint inbox_state_check`,
  `alter table inbox add constraint inbox_state_check check (state in ('waiting', 'posted', 'quarantined', 'dropped'))`,
  `create index inbox_quarantined on inbox (id) where state = 'quarantined'`,
];
