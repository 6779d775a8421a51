import { type Kysely, sql } from "kysely";

/** Each step of a message, written with the change that it tells of; and answers that wait for a person's decision. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table step (
     id bigint generated always as identity primary key,
     inbox_id bigint references inbox on delete cascade, outbox_id bigint references outbox on delete cascade,
     step text not null, at timestamptz not null default clock_timestamp(), attempt integer, code text, remote_answer text,
     process text not null, check (num_nonnulls(inbox_id, outbox_id) = 1))`,
  `create index step_inbox on step (inbox_id, id) where inbox_id is not null`,
  `create index step_outbox on step (outbox_id, id) where outbox_id is not null`,
  // Steps are written in the order of time: this index costs next to nothing.
  `create index step_at on step using brin (at) with (pages_per_range = 16)`,

  // The arrival that an event shows, and the event that a notice of ours is about.
  `alter table message add column inbox_id bigint, add column about text`,

  // is_dead: nobody got it, or nobody knows, until a person decides. attempts_before: made before the last replay.
  `alter table outbox add column is_dead boolean not null default false,
     add column attempts_before integer not null default 0`,
  `create index outbox_dead on outbox (conversation_id, id) where is_dead`,

  // What was there before the ledger has one step: the state that it was found in.
  `insert into step (inbox_id, step, at, code, process)
   select id, case state when 'waiting' then 'received' else state end, coalesce(posted_at, accepted_at), 'BEFORE_LEDGER', 'migration'
   from inbox order by id`,
  `insert into step (outbox_id, step, at, code, process)
   select id, case state when 'attempting' then 'attempted' when 'sent' then 'accepted' when 'failed' then 'refused' else state end,
     coalesce(settled_at, written_at), 'BEFORE_LEDGER', 'migration'
   from outbox order by id`,
  `insert into step (outbox_id, step, at, code, process)
   select id, case news_state when 'failed' then 'bounced' else news_state end, coalesce(news_at, now()), 'BEFORE_LEDGER', 'migration'
   from outbox where news_state is not null order by id`,
];
