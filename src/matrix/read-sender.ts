import type { EventId, RoomId, UserId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";

/** Who sent an event; undefined when `as` may not see it, or there is none. */
export async function readSender(
  client: HomeserverClient,
  room: RoomId,
  event: EventId,
  as: UserId,
): Promise<string | undefined> {
  try {
    const path = matrixPath`/_matrix/client/v3/rooms/${room}/event/${event}`;
    const answer = await client.request({ method: "GET", path, as });
    return isRecord(answer) && typeof answer.sender === "string" ? answer.sender : undefined;
  } catch (error) {
    if (error instanceof MatrixError && error.isRefusal) return undefined;
    throw error;
  }
}
