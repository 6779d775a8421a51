import { type Kysely, sql } from "kysely";

/** Words and files that citizens come back for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table shelf (
     id bigint generated always as identity primary key, channel text not null, place text not null, key text not null,
     text text not null, until timestamptz not null, unique (channel, place, key))`,
  `create index shelf_until on shelf (until)`,
  `create table shelf_file (
     shelf_id bigint not null references shelf on delete cascade, position integer not null, name text not null,
     type text not null, blob_id bigint not null references blob, primary key (shelf_id, position))`,
];
