import { type Kysely, sql } from "kysely";

/** First schema: everything that one conversation needs from arrival to answer. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // What guichet must remember about itself: keys of its hashes, its place in the homeserver's stream.
  `create table setting (key text primary key, value text not null)`,
  `create table note (channel text not null, key text not null, value text not null, primary key (channel, key))`,

  // Who owns a lane. A row is reused for ever, so that a fenced write finds the newest owner.
  `create table lane (name text primary key, token uuid not null, owner uuid not null, until timestamptz not null)
     with (fillfactor = 70)`,

  `create table agency_room (
     room_id text primary key, agency text not null, is_current boolean not null, created_at timestamptz not null default now())`,
  `create unique index agency_room_current on agency_room (agency) where is_current`,

  `create table ghost (
     localpart text primary key, channel_type text not null, address text not null,
     registered_at timestamptz, unique (channel_type, address))`,
  `create table ghost_membership (
     room_id text not null, localpart text not null references ghost, display_name text not null,
     joined_at timestamptz not null default now(), primary key (room_id, localpart))`,

  `create table conversation (
     id bigint generated always as identity primary key, agency text not null, channel text not null, room_id text not null,
     root_event_id text, citizen text not null references ghost, address text not null, citizen_name text, subject text,
     created_at timestamptz not null default now())`,
  `create index conversation_address on conversation (address, channel)`,

  // Arrivals. The words leave this table once they stand in the room; the row stays to recognise the arrival again.
  `create table inbox (
     id bigint generated always as identity primary key, channel text not null, dedupe_key text not null, lane text not null,
     state text not null check (state in ('waiting', 'posted', 'quarantined')), message jsonb,
     has_files boolean not null, conversation_id bigint references conversation, attempts integer not null default 0,
     due_at timestamptz not null default now(), code text, received_at timestamptz not null,
     accepted_at timestamptz not null default now(), posted_at timestamptz, unique (channel, dedupe_key))
     with (fillfactor = 80)`,
  `create index inbox_waiting on inbox (lane, id) where state = 'waiting'`,

  `create table blob (
     id bigint generated always as identity primary key, size bigint not null default 0, created_at timestamptz not null default now())`,
  `create table blob_chunk (
     blob_id bigint not null references blob on delete cascade, seq integer not null, bytes bytea not null,
     primary key (blob_id, seq))`,
  // Files are compressed already; trying again costs CPU and gains nothing.
  `alter table blob_chunk alter column bytes set storage external`,
  `create table inbox_attachment (
     inbox_id bigint not null references inbox on delete cascade, position integer not null, name text, type text not null,
     is_inline boolean not null, content_id text, blob_id bigint not null references blob,
     primary key (inbox_id, position))`,

  // Each Matrix event of a conversation, and the name that the same message has on the channel.
  `create table message (
     event_id text primary key, room_id text not null, conversation_id bigint not null references conversation,
     author text not null check (author in ('citizen', 'agent', 'bridge')), ghost text references ghost, remote_id text,
     created_at timestamptz not null default now())`,
  `create index message_remote on message (remote_id) where remote_id is not null`,
  `create index message_conversation on message (conversation_id, created_at)`,

  // Events of the homeserver, from transactions and from catch-up alike.
  `create table matrix_event (
     seq bigint generated always as identity primary key, event_id text not null unique, room_id text not null,
     event jsonb, state text not null check (state in ('waiting', 'done')), code text, received_at timestamptz not null default now())`,
  `create index matrix_event_waiting on matrix_event (room_id, seq) where state = 'waiting'`,

  `create table outbox (
     id bigint generated always as identity primary key, conversation_id bigint not null references conversation,
     event_id text not null unique, sender text not null, address text not null, content jsonb not null,
     in_reply_to text,
     state text not null check (state in ('held', 'queued', 'attempting', 'sent', 'failed', 'unknown', 'cancelled')),
     due_at timestamptz not null, attempts integer not null default 0, first_attempt_at timestamptz, remote_id text, code text,
     remote_answer text, written_at timestamptz not null, settled_at timestamptz,
     shown text not null default 'nothing' check (shown in ('nothing', 'waiting', 'sent', 'failed')), shown_event_id text,
     may_have_left boolean not null default false, is_open boolean not null default true)
     with (fillfactor = 80)`,
  // Open: something is left to do, be it sending or showing how the sending ended.
  `create index outbox_open on outbox (conversation_id, id) where is_open`,
];
