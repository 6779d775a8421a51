import { Readable } from "node:stream";
import type { Kysely } from "kysely";
import { readFiles } from "../store/attachment.ts";
import { readBlob } from "../store/blob.ts";
import type { Arrival } from "../store/inbox.ts";
import type { Schema } from "../store/schema.ts";

/** A file that follows an arrival's words. */
export interface PostedFile {
  /** Among the arrival's own files; "text" for its words, when no event could hold them. */
  readonly position: number | "text";
  readonly name: string;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  open(): Readable;
}

/** Files that still have to be shown, in their order. */
export async function readPostedFiles(
  db: Kysely<Schema>,
  arrival: Arrival,
  overflow: string | undefined,
): Promise<PostedFile[]> {
  const stored = arrival.hasFiles ? await readFiles(db, arrival.id) : [];
  const files = stored.map(({ position, name, type, size, blob }) => ({
    position,
    name: name ?? `file-${position + 1}`,
    type,
    size,
    open: () => readBlob(db, blob),
  }));
  if (overflow === undefined) return files;
  const bytes = Buffer.from(overflow);
  const whole = { position: "text", name: "message.txt", type: "text/plain", size: bytes.length } as const;
  return [{ ...whole, open: () => Readable.from([bytes]) }, ...files];
}
