import type { RoomId } from "../domain/ids.ts";
import { listInSpace } from "../matrix/space.ts";
import { enterSuccessor, readTombstone } from "../matrix/tombstone.ts";
import { findPortalOwner, moveRoom } from "../store/portal-room.ts";
import type { Agencies } from "./agencies.ts";
import { provideRooms, type RoomParts } from "./provide-rooms.ts";

export interface FollowRoomParts extends RoomParts {
  readonly agencies: Agencies;
}

/**
 * Follows a room that another one has replaced: the bot enters the successor, conversations and the agency's alias go
 * there, and the space lists it. May be repeated.
 * @returns false when no room has replaced this one that names it as its predecessor.
 * @throws MatrixError when the homeserver is away or the successor is closed to the bot.
 */
export async function followRoom(parts: FollowRoomParts, room: RoomId): Promise<boolean> {
  const { agencies, client, database, log, users } = parts;
  const pointed = await readTombstone(client, users, room);
  if (!pointed) return false;
  const successor = await enterSuccessor(client, users, room, pointed);
  if (!successor) {
    log.warn(
      { room, successor: pointed.room },
      "a tombstone leads to a room that does not name this one; not followed",
    );
    return false;
  }
  const owner = await findPortalOwner(database.relaxed, room);
  const agency = owner ? agencies.get(owner.agency) : agencies.ofRoom(room);
  await moveRoom(database.durable, room, successor);
  log.info({ agency: agency?.configured.id, room, successor }, "room followed to its successor");
  // The alias, what the directory says, and the state that the new room lacks.
  if (agency && !owner) await provideRooms(parts, [agency.configured]);
  if (agency?.space) await listInSpace(client, users, agency.space, { room: successor, instead: room });
  await agencies.refresh();
  return true;
}
