import { setTimeout as sleep } from "node:timers/promises";
import { type RoomId, roomId, type UserId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";

/** Harmless for a member. @param via a server that is in the room, when ours may not be. */
export async function joinRoom(client: HomeserverClient, room: RoomId, as: UserId, via?: string): Promise<void> {
  const path = matrixPath`/_matrix/client/v3/join/${room}`;
  // Called server_name before version 1.12 of the specification.
  const query = via === undefined ? {} : { query: { via, server_name: via } };
  await client.request({ method: "POST", path, as, body: {}, ...query });
}

/** How long a room that is being made lets nobody in, and how often it is tried, in milliseconds. */
const MAKING_MS = 3_000;
const AGAIN_MS = 100;

/**
 * Joins a room that an alias leads to. Another guichet may be making it in this moment: Synapse gives out the alias before
 * the room has an event, and does not know the room until then.
 */
export async function joinNewRoom(client: HomeserverClient, room: RoomId, as: UserId): Promise<void> {
  for (const until = Date.now() + MAKING_MS; ; await sleep(AGAIN_MS)) {
    try {
      return await joinRoom(client, room, as);
    } catch (error) {
      const isUnknown = error instanceof MatrixError && error.status === 404;
      if (!isUnknown || Date.now() > until) throw error;
    }
  }
}

/** Lets a user in; the bot needs the level that the room asks for. */
export async function invite(client: HomeserverClient, users: OurUsers, room: RoomId, user: UserId): Promise<void> {
  const path = matrixPath`/_matrix/client/v3/rooms/${room}/invite`;
  await client.request({ method: "POST", path, as: users.bot, body: { user_id: user } });
}

/** Does something as the bot; when the bot was removed from the room it comes back first, as long as it is let. */
export async function asMember<T>(
  { client, users }: { client: HomeserverClient; users: OurUsers },
  room: RoomId,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof MatrixError && error.isForbidden)) throw error;
    await joinRoom(client, room, users.bot);
    return act();
  }
}

/** The rooms that a user of ours is in. */
export async function listJoined(client: HomeserverClient, user: UserId): Promise<RoomId[]> {
  const answer = await client.request({ method: "GET", path: "/_matrix/client/v3/joined_rooms", as: user });
  const rooms = isRecord(answer) && Array.isArray(answer.joined_rooms) ? answer.joined_rooms : [];
  return rooms.filter((room) => typeof room === "string").map(roomId);
}
