import type { Kysely } from "kysely";
import type { InboundAttachment } from "../adapter/index.ts";
import type { InboxId } from "../domain/ids.ts";
import { writeBlob } from "./blob.ts";
import type { Schema } from "./schema.ts";

export interface WaitingFile {
  readonly position: number;
  readonly name: string | undefined;
  readonly type: string;
  readonly blob: string;
  /** In bytes. */
  readonly size: number;
}

export async function addAttachment(
  db: Kysely<Schema>,
  inbox: InboxId,
  position: number,
  file: InboundAttachment,
): Promise<void> {
  const blob = await writeBlob(db, file.content);
  await db
    .insertInto("inbox_attachment")
    .values({
      inbox_id: inbox,
      position,
      name: file.name ?? null,
      type: file.type,
      is_inline: file.inline,
      content_id: file.contentId ?? null,
      blob_id: blob,
    })
    .execute();
}

export async function readFiles(db: Kysely<Schema>, inbox: InboxId): Promise<WaitingFile[]> {
  const rows = await db
    .selectFrom("inbox_attachment as a")
    .innerJoin("blob as b", "b.id", "a.blob_id")
    .select(["a.position", "a.name", "a.type", "a.blob_id", "b.size"])
    .where("a.inbox_id", "=", inbox)
    .orderBy("a.position")
    .execute();
  return rows.map((row) => ({
    position: row.position,
    name: row.name ?? undefined,
    type: row.type,
    blob: row.blob_id,
    size: Number(row.size),
  }));
}
