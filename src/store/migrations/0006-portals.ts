import { type Kysely, sql } from "kysely";

/** Conversations in rooms of their own, and rooms that are replaced by others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table conversation add column portal text not null default 'thread' check (portal in ('thread', 'room'))`,
  // All conversations of a room are moved at once when another room replaces it.
  `create index conversation_room on conversation (room_id)`,
  // Every room that was ever a conversation's own: what is said in it belongs there, after a move too.
  `create table portal_room (
     room_id text primary key, conversation_id bigint not null references conversation,
     created_at timestamptz not null default now())`,
  `create table agency_space (agency text primary key, room_id text not null)`,
];
