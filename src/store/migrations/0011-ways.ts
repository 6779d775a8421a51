import { type Kysely, sql } from "kysely";

/** One conversation goes over several channels. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // Where else the conversation's citizen is reached: they asked for it, or an agent knew it.
  `create table conversation_way (
    conversation_id bigint not null references conversation (id),
    channel text not null,
    address text not null,
    added_at timestamptz not null default now(),
    primary key (conversation_id, channel, address)
  )`,
  // No channel: the conversation's own. No answer_…: an answer goes where the message came from.
  `alter table message add column channel text, add column answer_channel text, add column answer_address text`,
  `alter table outbox add column channel text`,
];
