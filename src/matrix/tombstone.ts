import { type RoomId, roomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { joinRoom } from "./membership.ts";
import { openRoomState } from "./room-state.ts";

/** A chain of replaced rooms that is longer is somebody's joke. */
const MOST_HOPS = 10;

/** The room that has taken another one's place, and a server that is in it. */
export interface Successor {
  readonly room: RoomId;
  readonly via: string;
}

/** What a room's tombstone points at (Client-Server API, m.room.tombstone). */
export async function readTombstone(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
): Promise<Successor | undefined> {
  const event = await openRoomState(client, room, users.bot).readEvent("m.room.tombstone");
  if (!isRecord(event) || !isRecord(event.content)) return undefined;
  const { replacement_room: successor } = event.content;
  if (typeof successor !== "string" || successor === "" || typeof event.sender !== "string") return undefined;
  return { room: roomId(successor), via: event.sender.slice(event.sender.indexOf(":") + 1) };
}

/**
 * Joins a room's successor as the bot; a restricted room lets it in as a member of the space.
 * @returns undefined when the successor does not name `before` as its predecessor: then anybody's room might be meant.
 * @throws MatrixError when there is no way in.
 */
export async function enterSuccessor(
  client: HomeserverClient,
  users: OurUsers,
  before: RoomId,
  { room, via }: Successor,
): Promise<RoomId | undefined> {
  await joinRoom(client, room, users.bot, via);
  const create = await openRoomState(client, room, users.bot).read("m.room.create");
  const predecessor = isRecord(create?.predecessor) ? create.predecessor.room_id : undefined;
  return predecessor === before ? room : undefined;
}

/** The room at the end of a chain of tombstones; the room itself when it has none. @throws MatrixError as `enterSuccessor` */
export async function followTombstones(client: HomeserverClient, users: OurUsers, room: RoomId): Promise<RoomId> {
  let last = room;
  for (let hop = 0; hop < MOST_HOPS; hop += 1) {
    const successor = await readTombstone(client, users, last);
    const next = successor && (await enterSuccessor(client, users, last, successor));
    if (!next) return last;
    last = next;
  }
  return last;
}
