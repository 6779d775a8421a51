import { isDeepStrictEqual } from "node:util";
import { type RoomId, userId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { claimRoom } from "./alias.ts";
import { type HomeserverClient, matrixPath } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";
import { invite } from "./membership.ts";
import { copyLevels, findCreators } from "./power-levels.ts";
import { openRoomState, readMembership } from "./room-state.ts";
import { type DescribedRoom, isAllowed, stateOf } from "./staff-room.ts";

export interface WantedSuccessor extends DescribedRoom {
  /** Full alias; the same one always means the same room. */
  readonly alias: string;
  readonly before: RoomId;
}

/**
 * What a room's successor has from it beside what guichet sets itself; as a homeserver's own room upgrade does, but for the
 * encryption, in which guichet cannot work. `im.vector.room.access_rules` is who may enter in Tchap.
 */
const KEPT = [
  "m.room.join_rules",
  "m.room.history_visibility",
  "m.room.guest_access",
  "m.room.avatar",
  "m.room.server_acl",
  "m.room.retention",
  "im.vector.room.access_rules",
];

/**
 * Makes the room that is to follow a full one, or finds the one that an earlier attempt has made: nobody is in it but the
 * bot. @throws MatrixError
 */
export async function claimSuccessor(
  client: HomeserverClient,
  users: OurUsers,
  wanted: WantedSuccessor,
): Promise<RoomId> {
  const old = openRoomState(client, wanted.before, users.bot);
  const create = await old.read("m.room.create");
  const kept = [];
  for (const type of KEPT) {
    const content = await old.read(type);
    if (content) kept.push({ type, state_key: "", content });
  }
  return claimRoom(client, users, wanted.alias, {
    preset: "public_chat",
    visibility: "private",
    creation_content: {
      predecessor: { room_id: wanted.before },
      ...(create?.["m.federate"] === false ? { "m.federate": false } : {}),
    },
    // Who has which power is copied afterwards: what the creator may be given depends on the new room's version.
    power_level_content_override: { events_default: 0, invite: 50 },
    initial_state: [...stateOf(users, wanted), ...kept],
  });
}

/** Gives a successor the power levels and the bans of the room before it, and invites its people. May be repeated. */
export async function furnishSuccessor(
  client: HomeserverClient,
  users: OurUsers,
  { before, room, agents }: { readonly before: RoomId; readonly room: RoomId; readonly agents: readonly string[] },
): Promise<void> {
  const old = openRoomState(client, before, users.bot);
  const state = openRoomState(client, room, users.bot);
  const standing = (await state.read("m.room.power_levels")) ?? {};
  const levels = copyLevels((await old.read("m.room.power_levels")) ?? {}, standing, {
    bot: users.bot,
    oldCreators: findCreators((await old.readEvent("m.room.create")) ?? {}),
    creators: findCreators((await state.readEvent("m.room.create")) ?? {}),
  });
  if (!isDeepStrictEqual(levels, standing)) await client.setState(room, "m.room.power_levels", "", levels, users.bot);
  for (const user of await listMembers(client, users, before, "ban")) {
    if ((await readMembership(state, userId(user))) === "ban") continue;
    const path = matrixPath`/_matrix/client/v3/rooms/${room}/ban`;
    await client.request({ method: "POST", path, as: users.bot, body: { user_id: user } });
  }
  const people = (await listMembers(client, users, before, "join")).filter((user) => !users.isOurs(user));
  for (const user of new Set([...people, ...agents]))
    if ((await readMembership(state, userId(user))) === undefined) await tryInvite(client, users, room, user);
}

/** Another homeserver that is away must not hold up a room: its people find the tombstone later. */
async function tryInvite(client: HomeserverClient, users: OurUsers, room: RoomId, user: string): Promise<void> {
  try {
    await invite(client, users, room, userId(user));
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status === 0 || [401, 429].includes(error.status)) throw error;
  }
}

/** @returns the ids of a room's members of one kind. */
async function listMembers(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
  membership: "join" | "ban",
): Promise<string[]> {
  const path = matrixPath`/_matrix/client/v3/rooms/${room}/members`;
  const answer = await client.request({ method: "GET", path, as: users.bot, query: { membership } });
  const chunk = isRecord(answer) && Array.isArray(answer.chunk) ? answer.chunk : [];
  return chunk.flatMap((event: unknown) =>
    isRecord(event) && typeof event.state_key === "string" ? [event.state_key] : [],
  );
}

/** Only the newer of two rooms is called by the alias, and told to the world. @returns whether the homeserver let it. */
export async function presentSuccessor(
  client: HomeserverClient,
  users: OurUsers,
  { before, room, alias }: { readonly before: RoomId; readonly room: RoomId; readonly alias: string },
): Promise<boolean> {
  const canonical = (content: object, of: RoomId) =>
    isAllowed(() => client.setState(of, "m.room.canonical_alias", "", content, users.bot));
  const list = (of: RoomId, visibility: "public" | "private") => {
    const path = matrixPath`/_matrix/client/v3/directory/list/room/${of}`;
    return isAllowed(() => client.request({ method: "PUT", path, as: users.bot, body: { visibility } }));
  };
  const was = await openRoomState(client, before, users.bot).read("m.room.canonical_alias");
  if (was?.alias === alias) await canonical({}, before);
  const isNamed = await canonical({ alias }, room);
  const rules = await openRoomState(client, room, users.bot).read("m.room.join_rules");
  await list(before, "private");
  const isListed = rules?.join_rule !== "public" || (await list(room, "public"));
  return isNamed && isListed;
}

/** Says to clients that another room has taken a room's place (Client-Server API, m.room.tombstone). May be repeated. */
export async function closeRoom(
  client: HomeserverClient,
  users: OurUsers,
  { room, successor, words }: { readonly room: RoomId; readonly successor: RoomId; readonly words: string },
): Promise<boolean> {
  const content = { body: words, replacement_room: successor };
  return isAllowed(() => client.setState(room, "m.room.tombstone", "", content, users.bot));
}
