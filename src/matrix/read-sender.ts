import type { EventId, RoomId } from "../domain/ids.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";

/** @returns who sent an event of a room; undefined when there is no such event, or none that the bot may see. */
export async function readSender(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
  event: EventId,
): Promise<string | undefined> {
  try {
    const path = matrixPath`/_matrix/client/v3/rooms/${room}/event/${event}`;
    return textOf(await client.request({ method: "GET", path, as: users.bot }), "sender");
  } catch (error) {
    if (error instanceof MatrixError && (error.consequence === "rejected" || [403, 404].includes(error.status)))
      return undefined;
    throw error;
  }
}
