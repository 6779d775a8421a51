import { withMark } from "../conversation/arrival-mark.ts";
import { composeFile, composeLostFile, composeText } from "../conversation/compose.ts";
import type { HeadNotes } from "../conversation/compose-head.ts";
import type { Place } from "../conversation/portal.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { PortalKind } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import { type EventId, eventId, type UserId } from "../domain/ids.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readUploadLimit, uploadMedia } from "../matrix/media.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import type { Database } from "../store/database.ts";
import type { Arrival } from "../store/inbox.ts";
import { journalFile, journalText, type Posting, settleFiles, settleText } from "../store/posting.ts";
import type { Standing } from "../store/standing.ts";
import { ArrivalError, countAttempts } from "./fault.ts";
import { type PostedFile, readPostedFiles } from "./files.ts";

/** An arrival is shown with its own time once it is this late, in milliseconds. */
const LATE_MS = 60_000;
/** Attempts at a file that fails while the homeserver answers otherwise. */
const UPLOAD_ATTEMPTS = 10;

export interface PostParts {
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
}

export interface PostTarget {
  readonly portal: PortalKind;
  /** Undefined when the arrival's first event begins the conversation in this room. */
  readonly place: Place | undefined;
  readonly texts: DeskTexts;
  /** For the head of a conversation. */
  readonly notes: HeadNotes;
  /** What its events say of it: see arrival-mark.ts. */
  readonly mark: string;
  readonly stood: Standing | undefined;
}

/** Sends an arrival's events and settles it: one request for the words, an upload and an event a file. */
export async function post(
  parts: PostParts,
  fence: Fence,
  arrival: Arrival,
  posting: Posting,
  target: PostTarget,
): Promise<void> {
  const db = parts.database.relaxed;
  const { content, overflow } = compose(arrival, target);
  const send = openSend(parts, arrival, posting, target);
  const files = await readPostedFiles(db, arrival, overflow);
  if (files.length === 0) return settleText(db, fence, posting, await send("text", content));

  // Words that stand in a room which the conversation has left since are said again where it goes on.
  const posted = target.place && arrival.message.posted;
  const text = posted === undefined ? await send("text", content) : eventId(posted);
  if (posted === undefined) await journalText(db, fence, posting, text);
  const root = target.place?.root ?? text;
  let latest = text;
  for (const file of files) {
    const shared = await share(parts, arrival, posting, file, { portal: target.portal, root, latest });
    latest = await send(`file-${file.position}`, shared.content);
    const position = shared.isLost || file.position === "text" ? undefined : file.position;
    await journalFile(db, fence, posting, { event: latest, position, partOf: text });
  }
  await settleFiles(db, fence, arrival.id);
}

/** Words on which this fails will fail again: that is the message's fault and not the moment's. */
function compose({ message }: Arrival, { place, texts, notes }: PostTarget) {
  try {
    return composeText(message, place, texts, notes);
  } catch (error) {
    throw new ArrivalError("rejected", "COMPOSE_FAILED", { cause: error });
  }
}

function openSend(
  { client, users }: PostParts,
  { id, receivedAt }: Arrival,
  { room, ghost, conversation }: Posting,
  { mark, stood }: PostTarget,
) {
  const at = Date.now() - receivedAt.getTime() > LATE_MS ? { at: receivedAt } : {};
  return async (part: string, content: Readonly<Record<string, unknown>>): Promise<EventId> =>
    (stood?.room === room ? stood.events.get(part) : undefined) ??
    client.send(room, "m.room.message", withMark(content, { mark, part, conversation }), {
      as: users.fullId(ghost),
      txnId: nameTransaction("inbox", id, part),
      ...at,
    });
}

/** A file that the homeserver refuses for good is named in the thread; its bytes stay in the store. */
async function share(parts: PostParts, arrival: Arrival, { ghost }: Posting, file: PostedFile, place: Place) {
  const { name, type, size } = file;
  const as = parts.users.fullId(ghost);
  try {
    const mxc = await uploadMedia(parts.client, { content: file.open(), size, type, name, as });
    return { content: composeFile({ name, type, size, mxc }, place), isLost: false };
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const code = await whyLost(parts, error, { size, as, attempts: countAttempts(arrival, error.errcode) });
    if (code === undefined) throw error;
    return { content: composeLostFile(name, `${size} bytes, not shown: ${code}`, place), isLost: true };
  }
}

/**
 * Servers hang up on a body that is too large for them, often before their answer can be read: that must not look like an
 * outage, which is waited for.
 * @returns undefined when it is worth trying again. @throws MatrixError when the homeserver is away altogether.
 */
async function whyLost(
  { client }: PostParts,
  error: MatrixError,
  file: { size: number; as: UserId; attempts: number },
): Promise<string | undefined> {
  if (error.consequence === "rejected") return error.errcode;
  if (!error.isUnreachable) return undefined;
  const limit = await readUploadLimit(client, file.as);
  if (limit !== undefined && file.size > limit) return "M_TOO_LARGE";
  return file.attempts >= UPLOAD_ATTEMPTS ? error.errcode : undefined;
}
