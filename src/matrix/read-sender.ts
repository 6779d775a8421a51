import type { EventId, RoomId, UserId } from "../domain/ids.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import { readRoomEvent } from "./read-room-event.ts";

/** Who sent an event; undefined when `as` may not see it, or there is none. */
export async function readSender(
  client: HomeserverClient,
  room: RoomId,
  event: EventId,
  as: UserId,
): Promise<string | undefined> {
  const found = await readRoomEvent(client, room, event, as);
  return typeof found?.sender === "string" ? found.sender : undefined;
}
