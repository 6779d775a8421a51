import type { RoomId } from "../domain/ids.ts";
import { claimRoom } from "./alias.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { openRoomState } from "./room-state.ts";
import { CLOSED_TO_GUESTS, parentIn } from "./space.ts";
import { type DescribedRoom, empowerAgents, inviteAgents, isAllowed, stateOf } from "./staff-room.ts";
import { followTombstones } from "./tombstone.ts";

export interface WantedPortalRoom extends DescribedRoom {
  /** Full alias; the same one always means the same room. */
  readonly alias: string;
  readonly space: RoomId;
  /** Invited, and may moderate; other members of the space may join. */
  readonly agents: readonly string[];
}

/**
 * Makes a conversation's own room, or finds the one that an earlier attempt has made. Members of the agency's space may
 * enter (Client-Server API, restricted rooms); a citizen's ghost is invited.
 * @throws MatrixError
 */
export async function providePortalRoom(
  client: HomeserverClient,
  users: OurUsers,
  wanted: WantedPortalRoom,
): Promise<RoomId> {
  const made = await claimRoom(client, users, wanted.alias, {
    preset: "private_chat",
    visibility: "private",
    // `users` is left to the homeserver: in room version 12 the creator must not stand in it.
    power_level_content_override: { events_default: 0, invite: 50 },
    initial_state: [
      ...stateOf(users, wanted),
      parentIn(wanted.space, users),
      CLOSED_TO_GUESTS,
      { type: "m.room.history_visibility", state_key: "", content: { history_visibility: "shared" } },
      {
        type: "m.room.join_rules",
        state_key: "",
        content: { join_rule: "restricted", allow: [{ type: "m.room_membership", room_id: wanted.space }] },
      },
    ],
  });
  const room = await followTombstones(client, users, made);
  const opened = { client, users, room, state: openRoomState(client, room, users.bot) };
  await empowerAgents(opened, wanted.agents);
  await inviteAgents(opened, wanted.agents);
  const child = { via: [users.domain] };
  await isAllowed(() => client.setState(wanted.space, "m.space.child", room, child, users.bot));
  return room;
}
