import { type Kysely, sql } from "kysely";

/** Ghosts that leave quiet conversations, and agency rooms that roll over into a successor. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // A ghost that has left keeps its row: the room keeps its member event, and answers its name. `leaving_at` stands before
  // the request, `left_at` after it. `quiet_since` is when it spoke last, or earlier: it is only looked up when it is old.
  `alter table ghost_membership
     add column quiet_since timestamptz not null default now(), add column leaving_at timestamptz, add column left_at timestamptz`,
  `create index ghost_membership_quiet on ghost_membership (quiet_since) where left_at is null`,
  // A room that is full: its successor is made, then open, then nobody writes in it any more, then it is closed.
  `alter table agency_room
     add column successor text, add column rolled_at timestamptz, add column emptied_at timestamptz, add column closed_at timestamptz`,
];
