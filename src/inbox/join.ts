import { nameForDisplay } from "../conversation/ghost.ts";
import type { RoomId } from "../domain/ids.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { invite } from "../matrix/membership.ts";
import { registerUser } from "../matrix/provision.ts";
import type { Database } from "../store/database.ts";
import { addGhost, markJoined, markRegistered, readGhost } from "../store/ghost.ts";
import type { Joined } from "./joined.ts";

export interface GhostParts {
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  readonly joined: Joined;
}

export interface Citizen {
  readonly localpart: string;
  readonly channelType: string;
  readonly address: string;
  /** Undefined when the message tells none: a known citizen keeps the name they have. */
  readonly name: string | undefined;
}

/**
 * Makes a citizen's ghost able to speak in a room, and costs nothing when it is already. Each step is journalled when
 * it is done; a crash in between repeats a step that does no harm twice. A new citizen costs three requests that the
 * homeserver forces (user, device, join): the name travels with the join.
 */
export async function bringGhost(parts: GhostParts, citizen: Citizen, room: RoomId): Promise<void> {
  const { joined } = parts;
  const { localpart } = citizen;
  const displayName = nameForDisplay(citizen);
  const given = citizen.name ? displayName : undefined;
  if (joined.has(localpart, room, given)) return;
  const db = parts.database.relaxed;
  const known = await readGhost(db, localpart, room);
  if (!known) await addGhost(db, citizen);
  if (!known?.registered) {
    await registerUser(parts.client, parts.users, localpart);
    await markRegistered(db, localpart);
  }
  const isNamed = known?.joinedAs !== undefined && (given === undefined || known.joinedAs === given);
  if (!isNamed) {
    await enter(parts, localpart, room, displayName);
    await markJoined(db, localpart, room, displayName);
  }
  joined.add(localpart, room, isNamed ? known.joinedAs : displayName);
}

/** Joins by the member event itself, which carries the name; for a member it is a change of name. */
async function enter(
  { client, users, joined }: GhostParts,
  localpart: string,
  room: RoomId,
  displayname: string,
): Promise<void> {
  const user = users.fullId(localpart);
  // Synapse answers a join that says nothing new with the old event (see shut-out.ts).
  const news = joined.takeDoubt(localpart, room) ? { "org.guichet.joined_at": Date.now() } : {};
  const join = () => client.setState(room, "m.room.member", user, { membership: "join", displayname, ...news }, user);
  try {
    await join();
  } catch (error) {
    if (!(error instanceof MatrixError && error.isForbidden)) throw error;
    // A private room lets in whom the bot invites; whether it may is not known before.
    await invite(client, users, room, user).catch(() => {
      throw error;
    });
    await join();
  }
}
