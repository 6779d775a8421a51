import { type Kysely, sql } from "kysely";
import type { Schema } from "../src/store/schema.ts";

/** Puts finished conversations of citizens who never come back into the store: three mails and an answer each. */
export async function fillStore(db: Kysely<Schema>, room: string, count: number): Promise<void> {
  const statements = [
    sql`insert into ghost (localpart, channel_type, address, registered_at)
      select '_guichet_email_fill' || n, 'email', 'fill' || n || '@example.net', now() from generate_series(1, ${count}::int) n`,
    sql`insert into ghost_membership (room_id, localpart, display_name)
      select ${room}, '_guichet_email_fill' || n, 'Fill ' || n from generate_series(1, ${count}::int) n`,
    sql`insert into conversation (agency, channel, room_id, root_event_id, citizen, address, citizen_name, subject)
      select 'town-hall', 'town-mail', ${room}, '$fill-' || n || '-1', '_guichet_email_fill' || n, 'fill' || n || '@example.net', 'Fill ' || n, 'Subject ' || n
      from generate_series(1, ${count}::int) n`,
    sql`insert into message (event_id, room_id, conversation_id, author, ghost, remote_id)
      select '$fill-' || substr(c.citizen, 20) || '-' || m, ${room}, c.id, 'citizen', c.citizen, 'fill-' || c.id || '-' || m || '@example.net'
      from conversation c, generate_series(1, 4) m where c.citizen like '\_guichet\_email\_fill%'`,
    sql`insert into inbox (channel, dedupe_key, lane, state, has_files, conversation_id, received_at, posted_at)
      select 'town-mail', 'fill-' || c.id || '-' || m, 'in/fill' || c.id, 'posted', false, c.id, now(), now()
      from conversation c, generate_series(1, 3) m where c.citizen like '\_guichet\_email\_fill%'`,
    sql`insert into matrix_event (event_id, room_id, state, code)
      select '$fill-event-' || n, ${room}, 'done', 'answer' from generate_series(1, ${count}::int) n`,
    sql`insert into lane (name, token, owner, until)
      select 'in/fill' || n, gen_random_uuid(), gen_random_uuid(), '-infinity' from generate_series(1, ${count}::int) n`,
    sql`vacuum analyze`,
  ];
  for (const statement of statements) await statement.execute(db);
}
