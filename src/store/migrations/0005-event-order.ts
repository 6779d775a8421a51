import { type Kysely, sql } from "kysely";

/** Events are ruled in the order in which they were sent: catch-up brings older ones behind newer ones of a transaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // Milliseconds since 1970, by the clock of the sender's homeserver.
  `alter table matrix_event add column sent_at bigint not null default 0`,
  `drop index matrix_event_waiting`,
  `create index matrix_event_waiting on matrix_event (room_id, sent_at, seq) where state = 'waiting'`,
];
