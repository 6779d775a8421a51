import { Readable } from "node:stream";
import { composeFile, composeLostFile, composeText } from "../conversation/compose.ts";
import type { ThreadPlace } from "../conversation/portal.ts";
import type { EventId, RoomId, UserId } from "../domain/ids.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { uploadMedia } from "../matrix/media.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import { readFiles, type WaitingFile } from "../store/attachment.ts";
import { readBlob } from "../store/blob.ts";
import type { Database } from "../store/database.ts";
import type { Arrival } from "../store/inbox.ts";

/** An arrival is shown with its own time once it is this late, in milliseconds. */
const LATE_MS = 60_000;

export interface PostParts {
  readonly database: Database;
  readonly client: HomeserverClient;
}

export interface PostTarget {
  readonly room: RoomId;
  readonly as: UserId;
  /** Undefined when the arrival's first event begins the thread. */
  readonly place: ThreadPlace | undefined;
  /** Told as soon as the words stand in the room, when files are still to come. */
  onFirst(event: EventId): Promise<void>;
}

export interface Posted {
  readonly events: [EventId, ...EventId[]];
  /** Every file stands in the room. */
  readonly complete: boolean;
}

/** Sends an arrival's events: one request for the words, an upload and an event a file. */
export async function post(parts: PostParts, arrival: Arrival, target: PostTarget): Promise<Posted> {
  const composed = composeText(arrival.message, target.place);
  const at = Date.now() - arrival.receivedAt.getTime() > LATE_MS ? { at: arrival.receivedAt } : {};
  const send = (part: string, content: unknown) =>
    parts.client.send(target.room, "m.room.message", content, {
      as: target.as,
      txnId: nameTransaction("inbox", arrival.id, part),
      ...at,
    });

  const text = await send("text", composed.content);
  const events: [EventId, ...EventId[]] = [text];
  const root = target.place?.root ?? text;
  let complete = true;
  const files = await filesOf(parts, arrival, composed.overflow);
  if (files.length > 0) await target.onFirst(text);
  for (const file of files) {
    const place = { root, latest: events.at(-1) ?? text };
    const content = await shareFile(parts, file, target.as, place);
    complete &&= content.msgtype !== "m.notice";
    events.push(await send(`file-${file.position}`, content));
  }
  return { events, complete };
}

interface File {
  readonly position: number | "text";
  readonly name: string;
  readonly type: string;
  readonly size: number;
  open(): Readable;
}

async function filesOf({ database }: PostParts, arrival: Arrival, overflow: string | undefined): Promise<File[]> {
  const stored = arrival.hasFiles ? await readFiles(database.relaxed, arrival.id) : [];
  const files = stored.map(
    (file: WaitingFile): File => ({
      position: file.position,
      name: file.name ?? `file-${file.position + 1}`,
      type: file.type,
      size: file.size,
      open: () => readBlob(database.relaxed, file.blob),
    }),
  );
  if (overflow === undefined) return files;
  const bytes = Buffer.from(overflow);
  const whole = { position: "text", name: "message.txt", type: "text/plain", size: bytes.length } as const;
  return [{ ...whole, open: () => Readable.from([bytes]) }, ...files];
}

/** A file that the homeserver refuses for good is named in the thread; its bytes stay in the store. */
async function shareFile(
  { client }: PostParts,
  file: File,
  as: UserId,
  place: ThreadPlace,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const mxc = await uploadMedia(client, {
      content: file.open(),
      size: file.size,
      type: file.type,
      name: file.name,
      as,
    });
    return composeFile({ name: file.name, type: file.type, size: file.size, mxc }, place);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.consequence === "retry") throw error;
    return composeLostFile(file.name, `${file.size} bytes, not shown: ${error.errcode}`, place);
  }
}
