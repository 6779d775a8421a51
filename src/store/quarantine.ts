import { type Kysely, sql } from "kysely";
import { type InboxId, inboxId } from "../domain/ids.ts";
import { ARRIVAL_MOVES, statesBefore } from "../domain/message-steps.ts";
import type { Schema, StoredMessage } from "./schema.ts";
import { noteSteps } from "./step.ts";

/** An arrival that was set aside: it waits for a person's decision with all its words and files. */
export interface Quarantined {
  readonly id: InboxId;
  readonly channel: string;
  readonly receivedAt: Date;
  /** Why. */
  readonly code: string;
  readonly files: number;
}

/** Oldest first. */
export async function listQuarantined(db: Kysely<Schema>): Promise<Quarantined[]> {
  const rows = await db
    .selectFrom("inbox")
    .select(["id", "channel", "received_at", "code"])
    .select((eb) =>
      eb
        .selectFrom("inbox_attachment")
        .select((inner) => inner.fn.countAll<string>().as("n"))
        .whereRef("inbox_id", "=", "inbox.id")
        .as("files"),
    )
    .where("state", "=", "quarantined")
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    id: inboxId(row.id),
    channel: row.channel,
    receivedAt: row.received_at,
    code: row.code ?? "",
    files: Number(row.files ?? 0),
  }));
}

export async function readQuarantined(db: Kysely<Schema>, id: InboxId): Promise<StoredMessage | undefined> {
  const row = await db
    .selectFrom("inbox")
    .select("message")
    .where("id", "=", id)
    .where("state", "=", "quarantined")
    .executeTakeFirst();
  return row?.message ?? undefined;
}

/** Lets an arrival go its way again; the sweep of a running guichet finds it. @returns false when it is not set aside. */
export async function releaseQuarantined(db: Kysely<Schema>, id: InboxId): Promise<boolean> {
  const rows = await db
    .with("changed", (cte) =>
      cte
        .updateTable("inbox")
        .set({ state: ARRIVAL_MOVES.released.to, attempts: 0, code: null, due_at: new Date() })
        .where("id", "=", id)
        .where("state", "in", statesBefore(ARRIVAL_MOVES, "released"))
        .returning("id"),
    )
    .with("noted", () => noteSteps("inbox_id", { step: "released" }))
    .selectFrom("changed")
    .select("id")
    .execute();
  return rows.length > 0;
}

/**
 * Forgets an arrival's words and files for good. The row stays, so that the same arrival is recognised when the channel
 * offers it again. @returns false when it is not set aside.
 */
export async function dropQuarantined(db: Kysely<Schema>, id: InboxId): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    with changed as (
      update inbox set state = 'dropped', message = null where id = ${id} and state = 'quarantined' returning id
    ), noted as ${noteSteps("inbox_id", { step: "dropped" })}, files as (
      delete from inbox_attachment where inbox_id in (select id from changed) returning blob_id
    ), blobs as (
      delete from blob where id in (select blob_id from files)
    )
    select id from changed`.execute(db);
  return rows.length > 0;
}
