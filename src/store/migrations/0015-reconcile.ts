import { type Kysely, sql } from "kysely";

/** Which event shows an arrival's words, and events of ours whose rows a restored backup does not have. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table inbox add column event_id text`,
  `create index inbox_event on inbox (event_id) where event_id is not null`,
  // An arrival whose event is gone from its room: the same arrival, offered again, is posted again.
  `alter table inbox drop constraint inbox_state_check`,
  `alter table inbox add constraint inbox_state_check
     check (state in ('waiting', 'posted', 'quarantined', 'dropped', 'lost'))`,
  // Events that already show an arrival, by the mark that they carry: see conversation/arrival-mark.ts.
  `create table standing (
     mark text not null, part text not null, event_id text not null unique, room_id text not null, conversation text not null,
     found_at timestamptz not null default now(), primary key (mark, part))`,
];
