import type { RoomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { claimRoom, moveAlias, resolveAlias } from "./alias.ts";
import { type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { joinNewRoom } from "./membership.ts";
import { mayAnybodySpeak } from "./power-levels.ts";
import { openRoomState, type RoomState } from "./room-state.ts";
import { type DescribedRoom, empowerAgents, ensureState, inviteAgents, isAllowed, stateOf } from "./staff-room.ts";
import { followTombstones } from "./tombstone.ts";

export interface WantedRoom extends DescribedRoom {
  /** Full alias. */
  readonly alias: string;
  /** Invited once, and may moderate. */
  readonly agents: readonly string[];
}

/**
 * What a room lacks that guichet would like, and may not change itself: its entry in the directory, state, an agent's
 * invitation, its door or its voice for citizens, words in the clear.
 */
export type RoomLack = "directory" | "state" | "invitation" | "door" | "voice" | "clear";

export interface ProvidedRoom {
  readonly room: RoomId;
  readonly lacks: readonly RoomLack[];
}

/**
 * Finds the agency's public room by its alias, or creates it, and brings its state up to date. An alias that leads to a
 * room which another one has replaced is given to that one.
 * Ghosts and agents stand at level 0, which suffices to speak; the bot keeps what makes the room work.
 * @throws MatrixError when there is no way in: the bot is banned, or the room is private and did not invite it.
 */
export async function provideRoom(
  client: HomeserverClient,
  users: OurUsers,
  wanted: WantedRoom,
): Promise<ProvidedRoom> {
  const found = await resolveAlias(client, users, wanted.alias);
  const first = found ?? (await claimRoom(client, users, wanted.alias, bodyFor(users, wanted)));
  await joinNewRoom(client, first, users.bot);
  const room = await followTombstones(client, users, first);
  const lacks = new Set<RoomLack>();
  const note = (lack: RoomLack, allowed: boolean) => {
    if (!allowed) lacks.add(lack);
  };
  if (room !== first) note("directory", await isAllowed(() => moveAlias(client, users, wanted.alias, room)));
  const state = openRoomState(client, room, users.bot);
  for (const lack of await findLacks(state)) lacks.add(lack);
  // A private room is its makers' choice: it is not told to the world.
  if (!lacks.has("door")) note("directory", await isAllowed(() => publish(client, users, room)));
  const opened = { client, users, room, state };
  for (const event of stateOf(users, wanted)) note("state", await ensureState(opened, event));
  note("invitation", await inviteAgents(opened, wanted.agents));
  note("state", await empowerAgents(opened, wanted.agents));
  return { room, lacks: [...lacks] };
}

/** What keeps citizens from a room that others made. */
async function findLacks(state: RoomState): Promise<RoomLack[]> {
  const levels = (await state.read("m.room.power_levels")) ?? {};
  const rules = await state.read("m.room.join_rules");
  return [
    ...(rules?.join_rule === "public" ? [] : (["door"] as const)),
    ...(mayAnybodySpeak(levels) ? [] : (["voice"] as const)),
    ...((await state.read("m.room.encryption")) ? (["clear"] as const) : []),
  ];
}

/** It is published afterwards, because a homeserver that refuses to publish it would refuse the room as a whole. */
const bodyFor = (users: OurUsers, wanted: WantedRoom) => ({
  preset: "public_chat",
  // `users` is left to the homeserver: in room version 12 the creator must not stand in it.
  power_level_content_override: { events_default: 0, invite: 50 },
  initial_state: stateOf(users, wanted),
});

/** Client-Server API, listing rooms. Synapse refuses unless its room_list_publication_rules allow the bot. */
async function publish(client: HomeserverClient, users: OurUsers, room: RoomId): Promise<void> {
  const path = matrixPath`/_matrix/client/v3/directory/list/room/${room}`;
  const listed = await client.request({ method: "GET", path, as: users.bot });
  if (isRecord(listed) && listed.visibility === "public") return;
  await client.request({ method: "PUT", path, as: users.bot, body: { visibility: "public" } });
}
