import { Readable } from "node:stream";
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** Bytes in one row: large enough to be quick, small enough that sixteen lanes hold little memory. */
const CHUNK_BYTES = 256 * 1024;

/** Stores a stream chunk by chunk; call it inside the transaction that also refers to the blob. */
export async function writeBlob(db: Kysely<Schema>, content: Readable): Promise<string> {
  const { id } = await db.insertInto("blob").defaultValues().returning("id").executeTakeFirstOrThrow();
  let size = 0;
  let seq = 0;
  for await (const bytes of rechunk(content)) {
    await db.insertInto("blob_chunk").values({ blob_id: id, seq, bytes }).execute();
    seq += 1;
    size += bytes.length;
  }
  await db.updateTable("blob").set({ size }).where("id", "=", id).execute();
  return id;
}

/** Pieces of any size, as chunks of one size. */
async function* rechunk(content: Readable): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let room = CHUNK_BYTES;
  for await (const piece of content) {
    let bytes: Buffer = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
    while (bytes.length >= room) {
      yield Buffer.concat([...held, bytes.subarray(0, room)]);
      bytes = bytes.subarray(room);
      held = [];
      room = CHUNK_BYTES;
    }
    if (bytes.length > 0) held.push(bytes);
    room -= bytes.length;
  }
  if (held.length > 0) yield Buffer.concat(held);
}

/** Reads a blob row by row; memory holds one chunk. */
export function readBlob(db: Kysely<Schema>, id: string): Readable {
  return Readable.from(readChunks(db, id), { objectMode: false, highWaterMark: CHUNK_BYTES });
}

async function* readChunks(db: Kysely<Schema>, id: string): AsyncGenerator<Buffer> {
  for (let seq = 0; ; seq += 1) {
    const row = await db
      .selectFrom("blob_chunk")
      .select("bytes")
      .where("blob_id", "=", id)
      .where("seq", "=", seq)
      .executeTakeFirst();
    if (!row) return;
    yield row.bytes;
  }
}
