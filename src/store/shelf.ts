import type { Readable } from "node:stream";
import { type Kysely, sql } from "kysely";
import type { NewShelfEntry, NewShelfFile, Shelf, ShelfEntry } from "../adapter/index.ts";
import { readBlob, writeBlob } from "./blob.ts";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

/** What a channel keeps ready for citizens: what a bridge knows as `host.shelf`. */
export function openShelf({ durable, relaxed }: Database, channel: string): Shelf {
  return {
    async put(entry) {
      const files = iterate(entry.files);
      try {
        return await durable.transaction().execute((trx) => put(trx, channel, entry, files));
      } finally {
        await files.return?.(undefined);
      }
    },
    list: (place) => list(relaxed, channel, place),
    open: (place, key, file) => open(relaxed, channel, { place, key, file }),
  };
}

async function* iterate(files: NewShelfEntry["files"]): AsyncGenerator<NewShelfFile> {
  yield* files;
}

async function put(
  trx: Kysely<Schema>,
  channel: string,
  { place, key, text, until }: NewShelfEntry,
  files: AsyncIterable<NewShelfFile>,
): Promise<"put" | "known"> {
  const added = await trx
    .insertInto("shelf")
    .values({ channel, place, key, text, until })
    .onConflict((conflict) => conflict.columns(["channel", "place", "key"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!added) return "known";
  let position = 0;
  for await (const { name, type, content } of files) {
    try {
      const blob = await writeBlob(trx, content);
      await trx.insertInto("shelf_file").values({ shelf_id: added.id, position, name, type, blob_id: blob }).execute();
    } finally {
      content.destroy();
    }
    position += 1;
  }
  await trx
    .updateTable("shelf")
    .set({ until })
    .where("channel", "=", channel)
    .where("place", "=", place)
    .where("until", "<", until)
    .execute();
  return "put";
}

async function list(db: Kysely<Schema>, channel: string, place: string): Promise<ShelfEntry[]> {
  const rows = await db
    .selectFrom("shelf as s")
    .leftJoin("shelf_file as f", "f.shelf_id", "s.id")
    .leftJoin("blob as b", "b.id", "f.blob_id")
    .select(["s.id", "s.key", "s.text", "f.name", "f.type", "b.size"])
    .where("s.channel", "=", channel)
    .where("s.place", "=", place)
    .where("s.until", ">", sql<Date>`now()`)
    .orderBy("s.id")
    .orderBy("f.position")
    .execute();
  const entries = new Map<string, ShelfEntry & { readonly files: ShelfEntry["files"][number][] }>();
  for (const { id, key, text, name, type, size } of rows) {
    const entry = entries.get(id) ?? { key, text, files: [] };
    entries.set(id, entry);
    if (name !== null && type !== null) entry.files.push({ name, type, size: Number(size) });
  }
  return [...entries.values()];
}

async function open(
  db: Kysely<Schema>,
  channel: string,
  { place, key, file }: { readonly place: string; readonly key: string; readonly file: number },
): Promise<Readable | undefined> {
  const row = await db
    .selectFrom("shelf_file as f")
    .innerJoin("shelf as s", "s.id", "f.shelf_id")
    .select("f.blob_id")
    .where("s.channel", "=", channel)
    .where("s.place", "=", place)
    .where("s.key", "=", key)
    .where("s.until", ">", sql<Date>`now()`)
    .where("f.position", "=", file)
    .executeTakeFirst();
  return row && readBlob(db, row.blob_id);
}

/** What one go throws away at most. */
const MOST = 500;

/** Throws away what is past its time, on all channels. */
export async function clearShelves(db: Kysely<Schema>): Promise<void> {
  await sql`
    with old as (select id from shelf where until < now() limit ${MOST} for update skip locked),
    files as (delete from shelf_file where shelf_id in (select id from old) returning blob_id),
    entries as (delete from shelf where id in (select id from old))
    delete from blob where id in (select blob_id from files)`.execute(db);
}
