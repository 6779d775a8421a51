import type { RoomId } from "../domain/ids.ts";
import { claimRoom, resolveAlias } from "./alias.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { joinNewRoom } from "./membership.ts";
import { openRoomState } from "./room-state.ts";
import { empowerAgents, ensureState, inviteAgents, isAllowed, stateOf } from "./staff-room.ts";
import { followTombstones } from "./tombstone.ts";

export interface WantedSpace {
  /** Full alias. */
  readonly alias: string;
  readonly name: string;
  readonly topic: string;
  /** Invited once, and may moderate. */
  readonly agents: readonly string[];
}

/**
 * Finds an agency's space by its alias, or creates it, and brings its state up to date. It is private: who is in it may
 * enter each conversation's room. Others invite by hand, as moderators.
 * @throws MatrixError when there is no way in.
 */
export async function provideSpace(client: HomeserverClient, users: OurUsers, wanted: WantedSpace): Promise<RoomId> {
  const described = stateOf(users, { ...wanted, bridges: new Map() });
  const found = await resolveAlias(client, users, wanted.alias);
  const first =
    found ??
    (await claimRoom(client, users, wanted.alias, {
      preset: "private_chat",
      creation_content: { type: "m.space" },
      // Nobody speaks in a space (Client-Server API, spaces).
      power_level_content_override: { events_default: 100, invite: 50 },
      initial_state: [...described, CLOSED_TO_GUESTS],
    }));
  await joinNewRoom(client, first, users.bot);
  const room = await followTombstones(client, users, first);
  const opened = { client, users, room, state: openRoomState(client, room, users.bot) };
  for (const event of described) await ensureState(opened, event);
  await inviteAgents(opened, wanted.agents);
  await empowerAgents(opened, wanted.agents);
  return room;
}

export const CLOSED_TO_GUESTS = {
  type: "m.room.guest_access",
  state_key: "",
  content: { guest_access: "forbidden" },
};

export const parentIn = (space: RoomId, { domain }: OurUsers) => ({
  type: "m.space.parent",
  state_key: space,
  content: { via: [domain], canonical: true },
});

/** Lists a room in a space, and says so in the room; `instead` leaves the list. @returns whether the space let it. */
export async function listInSpace(
  client: HomeserverClient,
  users: OurUsers,
  space: RoomId,
  { room, instead }: { readonly room: RoomId; readonly instead?: RoomId },
): Promise<boolean> {
  const open = (of: RoomId) => ({ client, users, room: of, state: openRoomState(client, of, users.bot) });
  const child = { type: "m.space.child", state_key: room, content: { via: [users.domain] } };
  const listed = await ensureState(open(space), child);
  await ensureState(open(room), parentIn(space, users));
  // Without `via` a child is none (Client-Server API, m.space.child).
  if (instead) await isAllowed(() => client.setState(space, "m.space.child", instead, {}, users.bot));
  return listed;
}
