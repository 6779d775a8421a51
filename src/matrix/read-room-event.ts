import type { EventId, RoomId, UserId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";

/** An event as the homeserver has it; undefined when `as` may not see it, or there is none. @throws MatrixError */
export async function readRoomEvent(
  client: HomeserverClient,
  room: RoomId,
  event: EventId,
  as: UserId,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const path = matrixPath`/_matrix/client/v3/rooms/${room}/event/${event}`;
    const answer = await client.request({ method: "GET", path, as });
    return isRecord(answer) ? answer : undefined;
  } catch (error) {
    if (error instanceof MatrixError && error.isRefusal) return undefined;
    throw error;
  }
}
