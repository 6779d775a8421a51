import { type Kysely, sql } from "kysely";

/** Whom else a message names, so that an answer can reach all of them; and what an answer needs to know of the message it answers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // As the sender addressed them: lists of { address, name }, and one of them.
  `alter table message add column cc jsonb, add column reply_to jsonb`,
  // The event that shows the words of the same arrival, for an event that shows a file of it.
  `alter table message add column part_of text`,
  // cc: others whom the answer goes to. answered_event_id: the words that are answered. refused: who did not get it.
  `alter table outbox add column cc jsonb, add column answered_event_id text, add column refused jsonb`,
];
