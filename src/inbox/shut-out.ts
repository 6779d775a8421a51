import type { RoomId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { openRoomState, readMembership } from "../matrix/room-state.ts";
import { markLeft } from "../store/ghost.ts";
import { ArrivalError } from "./fault.ts";
import type { GhostParts } from "./join.ts";

export interface ShutOutParts extends GhostParts {
  /** Follows a room that another one has replaced. @returns whether one has. @throws MatrixError */
  follow(room: RoomId): Promise<boolean>;
}

/**
 * Removed from the room, or never let in: the next attempt joins again, unless somebody has barred this citizen. A room
 * that was replaced lets nobody speak, and the next attempt goes to the new one.
 */
export async function shutOut(
  parts: ShutOutParts,
  localpart: string,
  room: RoomId,
  error: MatrixError,
): Promise<Error> {
  parts.joined.forget(localpart, room);
  await markLeft(parts.database.relaxed, localpart, room);
  if (await isReplaced(parts, room)) return new ArrivalError("soon", "ROOM_REPLACED", { cause: error });
  const state = openRoomState(parts.client, room, parts.users.bot);
  const membership = await readMembership(state, parts.users.fullId(localpart)).catch((fault: unknown) => {
    if (fault instanceof MatrixError) return undefined;
    throw fault;
  });
  if (membership === "ban") return new ArrivalError("final", "CITIZEN_BANNED", { cause: error });
  // Seen with Synapse 1.163 when many join at once: the room's state has the join, that of new events does not.
  const isUnsettled = membership === "join" && parts.joined.doubt(localpart, room);
  return isUnsettled ? new ArrivalError("soon", "MEMBERSHIP_UNSETTLED", { cause: error }) : error;
}

const isReplaced = (parts: ShutOutParts, room: RoomId) =>
  parts.follow(room).catch((fault: unknown) => {
    if (fault instanceof MatrixError) return false;
    throw fault;
  });
