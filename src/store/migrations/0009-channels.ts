import { type Kysely, sql } from "kysely";

/** Channels are switched on and off while guichet runs, and say how they are. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // What an operator's command said last; no row: the file decides.
  `create table channel_switch (channel text primary key, is_on boolean not null, at timestamptz not null default now())`,
  // One row a process that runs the channel.
  `create table channel_state (
    channel text not null,
    process uuid not null,
    state text not null,
    reason text,
    since timestamptz not null,
    seen_at timestamptz not null default now(),
    primary key (channel, process)
  )`,
];
