import { type Kysely, sql } from "kysely";

/** guichet itself may write to a citizen: that a message has arrived, and under which number. No event stands behind it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table outbox add column kind text not null default 'answer' check (kind in ('answer', 'acknowledgement')),
     alter column event_id drop not null, alter column sender drop not null,
     add check (kind = 'acknowledgement' or (event_id is not null and sender is not null))`,
  // By address for "once a day", by time for the limit of an hour.
  `create index outbox_acknowledged on outbox (address, written_at) where kind = 'acknowledgement'`,
  `create index outbox_acknowledgement on outbox (written_at) where kind = 'acknowledgement'`,
];
