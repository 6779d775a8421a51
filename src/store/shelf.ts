import type { Readable } from "node:stream";
import { type Kysely, sql } from "kysely";
import type { NewShelfEntry, NewShelfFile, Shelf, ShelfEntry } from "../adapter/index.ts";
import { compareTexts } from "../domain/compare-texts.ts";
import { gather } from "../domain/gather.ts";
import { readBlob, writeBlob } from "./blob.ts";
import type { Database } from "./database.ts";
import type { Schema } from "./schema.ts";

/** What a channel keeps ready for citizens: what a bridge knows as `host.shelf`. */
export function openShelf({ durable, relaxed }: Database, channel: string): Shelf {
  const add = gather((entries: readonly NewShelfEntry[]) => addEntries(durable, channel, entries));
  return {
    async put(entry) {
      const files = iterate(entry.files);
      try {
        const first = await files.next();
        if (first.done) return (await add(entry)) === undefined ? "known" : "put";
        return await durable.transaction().execute((trx) => put(trx, channel, entry, { first: first.value, files }));
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
  entry: NewShelfEntry,
  { first, files }: { readonly first: NewShelfFile; readonly files: AsyncIterator<NewShelfFile> },
): Promise<"put" | "known"> {
  try {
    const [id] = await addEntries(trx, channel, [entry]);
    if (id === undefined) return "known";
    let position = 0;
    for (let next: IteratorResult<NewShelfFile, unknown> = { value: first }; !next.done; next = await files.next()) {
      const { name, type, content } = next.value;
      try {
        const blob = await writeBlob(trx, content);
        await trx.insertInto("shelf_file").values({ shelf_id: id, position, name, type, blob_id: blob }).execute();
      } finally {
        content.destroy();
      }
      position += 1;
    }
    return "put";
  } finally {
    first.content.destroy();
  }
}

/** Puts entries in one statement, and keeps their places as long. @returns for each its id, or undefined when it is known. */
async function addEntries(
  db: Kysely<Schema>,
  channel: string,
  entries: readonly NewShelfEntry[],
): Promise<(string | undefined)[]> {
  // In one order everywhere, so that two that come at once can't wait for each other.
  const ordered = entries.toSorted((a, b) => compareTexts(a.place + a.key, b.place + b.key));
  const { rows } = await sql<{ id: string; place: string; key: string }>`
    with given as (
      select * from unnest(
        ${ordered.map(({ place }) => place)}::text[], ${ordered.map(({ key }) => key)}::text[],
        ${ordered.map(({ text }) => text)}::text[], ${ordered.map(({ until }) => until)}::timestamptz[]
      ) as entry (place, key, text, until)
    ), kept as (
      update shelf set until = given.until from given
      where shelf.channel = ${channel} and shelf.place = given.place and shelf.until < given.until
    )
    insert into shelf (channel, place, key, text, until)
    select ${channel}, place, key, text, until from given
    on conflict (channel, place, key) do nothing
    returning id, place, key`.execute(db);
  const stored = new Map(rows.map(({ id, place, key }) => [JSON.stringify([place, key]), id]));
  return entries.map(({ place, key }) => {
    const name = JSON.stringify([place, key]);
    const id = stored.get(name);
    // Of two that are the same, one is the entry.
    stored.delete(name);
    return id;
  });
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
