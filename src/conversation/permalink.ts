import type { EventPlace } from "../domain/conversation.ts";
import type { RoomId } from "../domain/ids.ts";

/**
 * A link that any client opens (Client-Server API, matrix.to navigation).
 * @param via a server that is in the room: a room id leads nowhere by itself.
 */
export const linkToRoom = (room: RoomId, via: string): string =>
  `https://matrix.to/#/${encodeURIComponent(room)}?via=${encodeURIComponent(via)}`;

export const linkToEvent = ({ room, event }: EventPlace, via: string): string =>
  `https://matrix.to/#/${encodeURIComponent(room)}/${encodeURIComponent(event)}?via=${encodeURIComponent(via)}`;
