import type { RoomId } from "../domain/ids.ts";

/** Some 2 MB. */
const MOST = 10_000;
/** A room may keep ghosts silent for other reasons: it is not filled with joins. */
const DOUBT_MS = 60 * 60_000;
/** Any process may make a ghost leave that has been quiet for a day: what is older than this is looked up. */
const FRESH_MS = 60 * 60_000;

/** Which ghosts are known to stand in which room, and under which name: what need not be looked up for each message. */
export interface Joined {
  /** @param name undefined for whatever name. */
  has(localpart: string, room: RoomId, name: string | undefined): boolean;
  add(localpart: string, room: RoomId, name: string): void;
  forget(localpart: string, room: RoomId): void;
  /**
   * The homeserver says of a ghost both that it is in the room and that it may not speak because it is not: a join that
   * says nothing new would change nothing. @returns false when that was tried within the hour.
   */
  doubt(localpart: string, room: RoomId): boolean;
  /** Whether the next join has to say something new; true once for each doubt. */
  takeDoubt(localpart: string, room: RoomId): boolean;
}

/** Remembers those who spoke last. Only a memory: the homeserver's refusal corrects it. */
export function rememberJoined(most = MOST): Joined {
  const names = new Map<string, { readonly name: string; readonly at: number }>();
  const doubted = new Map<string, { readonly at: number; isTaken: boolean }>();
  const keyOf = (localpart: string, room: RoomId) => `${localpart} ${room}`;
  return {
    has(localpart, room, name) {
      const key = keyOf(localpart, room);
      const known = names.get(key);
      if (known === undefined || (name !== undefined && known.name !== name)) return false;
      names.delete(key);
      if (Date.now() - known.at > FRESH_MS) return false;
      names.set(key, { ...known, at: Date.now() });
      return true;
    },
    add(localpart, room, name) {
      names.set(keyOf(localpart, room), { name, at: Date.now() });
      for (const oldest of names.keys()) {
        if (names.size <= most) break;
        names.delete(oldest);
      }
    },
    forget: (localpart, room) => void names.delete(keyOf(localpart, room)),
    doubt(localpart, room) {
      for (const [key, { at }] of doubted) if (Date.now() - at > DOUBT_MS) doubted.delete(key);
      const key = keyOf(localpart, room);
      if (doubted.has(key)) return false;
      doubted.set(key, { at: Date.now(), isTaken: false });
      return true;
    },
    takeDoubt(localpart, room) {
      const doubt = doubted.get(keyOf(localpart, room));
      if (doubt === undefined || doubt.isTaken) return false;
      doubt.isTaken = true;
      return true;
    },
  };
}
