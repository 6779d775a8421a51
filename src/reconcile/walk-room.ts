import type { RoomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { WANTED_TYPES } from "../matrix/incoming.ts";

const PAGE = 500;
/** Clocks of servers and people differ, in milliseconds. */
const MARGIN_MS = 60 * 60_000;

export interface WalkParts {
  readonly client: HomeserverClient;
  readonly users: OurUsers;
}

/** An event of a timeline, as far as it can be read. */
export interface TimelineEvent {
  readonly id: string;
  readonly type: string;
  readonly sender: string;
  readonly at: Date;
  readonly content: Readonly<Record<string, unknown>>;
  /** As the homeserver gave it, with its room. */
  readonly whole: Readonly<Record<string, unknown>>;
}

/**
 * Reads a room from its end back to `from`, page by page, newest first. A ghost's time says when its citizen wrote, which
 * may be long before it stood in the room: only the others' times end the walk.
 * @throws MatrixError
 */
export async function* walkRoom(
  { client, users }: WalkParts,
  room: RoomId,
  from: Date,
): AsyncGenerator<readonly TimelineEvent[]> {
  const filter = JSON.stringify({ types: [...WANTED_TYPES, "m.reaction", "m.room.member"] });
  const end = from.getTime() - MARGIN_MS;
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const page: unknown = await client.request({
      method: "GET",
      path: matrixPath`/_matrix/client/v3/rooms/${room}/messages`,
      as: users.bot,
      query: { dir: "b", limit: String(PAGE), filter, ...(token === undefined ? {} : { from: token }) },
      timeoutMs: 180_000,
    });
    const { chunk, end: next } = isRecord(page) ? page : {};
    const events = Array.isArray(chunk) ? chunk.flatMap((event) => readEvent(room, event)) : [];
    if (events.length > 0) yield events;
    const isPast = events.some(
      ({ sender, at }) => !(users.isOurs(sender) && sender !== users.bot) && at.getTime() < end,
    );
    token = typeof next === "string" && next !== token && !isPast ? next : undefined;
  }
}

function readEvent(room: RoomId, event: unknown): TimelineEvent[] {
  if (!isRecord(event)) return [];
  const { event_id: id, type, sender, origin_server_ts: stamp, content } = event;
  if (typeof id !== "string" || typeof type !== "string" || typeof sender !== "string") return [];
  const at = new Date(typeof stamp === "number" ? stamp : 0);
  return [{ id, type, sender, at, content: isRecord(content) ? content : {}, whole: { ...event, room_id: room } }];
}
