import { type RoomId, roomId } from "../domain/ids.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";

/** @returns undefined when the alias leads nowhere. */
export async function resolveAlias(
  client: HomeserverClient,
  users: OurUsers,
  alias: string,
): Promise<RoomId | undefined> {
  try {
    const path = matrixPath`/_matrix/client/v3/directory/room/${alias}`;
    return roomId(textOf(await client.request({ method: "GET", path, as: users.bot }), "room_id"));
  } catch (error) {
    if (error instanceof MatrixError && error.errcode === "M_NOT_FOUND") return undefined;
    throw error;
  }
}

/**
 * Gives an alias to a room; the Client-Server API knows no way but to delete it first where it leads to another. May be
 * repeated.
 */
export async function moveAlias(client: HomeserverClient, users: OurUsers, alias: string, room: RoomId): Promise<void> {
  const path = matrixPath`/_matrix/client/v3/directory/room/${alias}`;
  const found = await resolveAlias(client, users, alias);
  if (found === room) return;
  if (found) await client.request({ method: "DELETE", path, as: users.bot });
  await client.request({ method: "PUT", path, as: users.bot, body: { room_id: room } });
}

/**
 * Creates a room under an alias, which makes it repeatable: a room that was made by a request whose answer was lost, or
 * by another guichet in this moment, is found by it.
 * @param body of createRoom, without the alias.
 */
export async function claimRoom(
  client: HomeserverClient,
  users: OurUsers,
  alias: string,
  body: Readonly<Record<string, unknown>>,
): Promise<RoomId> {
  try {
    return await createRoom(client, users, { ...body, room_alias_name: alias.slice(1).split(":")[0] });
  } catch (error) {
    const refused = error instanceof MatrixError && error.isRefusal;
    const room = refused ? await resolveAlias(client, users, alias) : undefined;
    if (room) return room;
    throw error;
  }
}

const createRoom = async (client: HomeserverClient, { bot }: OurUsers, body: unknown): Promise<RoomId> =>
  roomId(
    textOf(await client.request({ method: "POST", path: "/_matrix/client/v3/createRoom", as: bot, body }), "room_id"),
  );
