import type { RoomId, UserId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";

type Content = Readonly<Record<string, unknown>>;

/** What a room's state says, read as one of its members. */
export interface RoomState {
  /** Content of one piece of state; undefined when the room has none. */
  read(type: string, stateKey?: string): Promise<Content | undefined>;
  /** The whole event, with its sender. */
  readEvent(type: string, stateKey?: string): Promise<Content | undefined>;
}

export function openRoomState(client: HomeserverClient, room: RoomId, as: UserId): RoomState {
  const ask = async (type: string, stateKey: string, query: Readonly<Record<string, string>>) => {
    try {
      const path = matrixPath`/_matrix/client/v3/rooms/${room}/state/${type}/${stateKey}`;
      const answer = await client.request({ method: "GET", path, as, query });
      return isRecord(answer) ? answer : undefined;
    } catch (error) {
      if (error instanceof MatrixError && error.errcode === "M_NOT_FOUND") return undefined;
      throw error;
    }
  };
  return {
    read: (type, stateKey = "") => ask(type, stateKey, {}),
    readEvent: (type, stateKey = "") => ask(type, stateKey, { format: "event" }),
  };
}

/** A user's membership, such as `join` or `ban`; undefined when the room has never heard of them. */
export async function readMembership(state: RoomState, user: UserId): Promise<string | undefined> {
  const membership = (await state.read("m.room.member", user))?.membership;
  return typeof membership === "string" ? membership : undefined;
}
