import type { RoomId } from "../domain/ids.ts";

/** Some 2 MB. */
const MOST = 10_000;

/** Which ghosts are known to stand in which room, and under which name: what need not be looked up for each message. */
export interface Joined {
  /** @param name undefined for whatever name. */
  has(localpart: string, room: RoomId, name: string | undefined): boolean;
  add(localpart: string, room: RoomId, name: string): void;
  forget(localpart: string, room: RoomId): void;
}

/** Remembers those who spoke last. Only a memory: the homeserver's refusal corrects it. */
export function rememberJoined(most = MOST): Joined {
  const names = new Map<string, string>();
  const keyOf = (localpart: string, room: RoomId) => `${localpart} ${room}`;
  return {
    has(localpart, room, name) {
      const key = keyOf(localpart, room);
      const known = names.get(key);
      if (known === undefined || (name !== undefined && known !== name)) return false;
      names.delete(key);
      names.set(key, known);
      return true;
    },
    add(localpart, room, name) {
      names.set(keyOf(localpart, room), name);
      for (const oldest of names.keys()) {
        if (names.size <= most) break;
        names.delete(oldest);
      }
    },
    forget: (localpart, room) => void names.delete(keyOf(localpart, room)),
  };
}
