import { type Kysely, sql } from "kysely";
import type { EventId, OutboxId } from "../domain/ids.ts";
import type { Schema, StoredAnswer } from "./schema.ts";

export type StoredFile = NonNullable<StoredAnswer["file"]>;

/** The file of an answer; undefined when there is none, or when the agent has withdrawn it. */
export async function findLinkedFile(db: Kysely<Schema>, id: OutboxId): Promise<StoredFile | undefined> {
  const row = await db
    .selectFrom("outbox")
    .select("content")
    .where("id", "=", id)
    .where("state", "!=", "cancelled")
    .where("link_withdrawn_at", "is", null)
    .executeTakeFirst();
  return row?.content.file;
}

/** From now on the link to an answer's file leads nowhere. Safe twice. @returns false when it has none. */
export async function withdrawLink(db: Kysely<Schema>, event: EventId): Promise<boolean> {
  const result = await db
    .updateTable("outbox")
    .set((eb) => ({ link_withdrawn_at: eb.fn.coalesce("link_withdrawn_at", eb.val(new Date())) }))
    .where("event_id", "=", event)
    .where(sql<boolean>`content ? 'file'`)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}
