import { isDeepStrictEqual } from "node:util";
import { type RoomId, roomId, userId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";
import { invite, joinRoom } from "./membership.ts";
import { findCreators, mayAnybodySpeak, raiseAgents } from "./power-levels.ts";
import { openRoomState, type RoomState, readMembership } from "./room-state.ts";

export interface WantedRoom {
  /** Full alias. */
  readonly alias: string;
  readonly name: string;
  readonly topic: string;
  /** Invited once, and may moderate. */
  readonly agents: readonly string[];
  /** Bridge information by state key (MSC2346). */
  readonly bridges: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

interface StateEvent {
  readonly type: string;
  readonly state_key: string;
  readonly content: Readonly<Record<string, unknown>>;
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
 * Finds the agency's public room by its alias, or creates it, and brings its state up to date.
 * Ghosts and agents stand at level 0, which suffices to speak; the bot keeps what makes the room work.
 * @throws MatrixError when there is no way in: the bot is banned, or the room is private and did not invite it.
 */
export async function provideRoom(
  client: HomeserverClient,
  users: OurUsers,
  wanted: WantedRoom,
): Promise<ProvidedRoom> {
  const room = (await resolveAlias(client, users, wanted.alias)) ?? (await createRoom(client, users, wanted));
  await joinRoom(client, room, users.bot);
  const state = openRoomState(client, room, users.bot);
  const lacks = new Set(await findLacks(state));
  const tryTo = async (lack: RoomLack, request: () => Promise<unknown>) => {
    if (!(await isAllowed(request))) lacks.add(lack);
  };
  // A private room is its makers' choice: it is not told to the world.
  if (!lacks.has("door")) await tryTo("directory", () => publish(client, users, room));
  for (const { type, state_key, content } of stateOf(users, wanted)) {
    if (isAlike(await state.read(type, state_key), content)) continue;
    await tryTo("state", () => client.setState(room, type, state_key, content, users.bot));
  }
  for (const agent of wanted.agents.map(userId)) {
    if ((await readMembership(state, agent)) !== undefined) continue;
    await tryTo("invitation", () => invite(client, users, room, agent));
  }
  await tryTo("state", () => empower(client, users, room, { state, agents: wanted.agents }));
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

async function resolveAlias(client: HomeserverClient, users: OurUsers, alias: string): Promise<RoomId | undefined> {
  try {
    const path = matrixPath`/_matrix/client/v3/directory/room/${alias}`;
    return roomId(textOf(await client.request({ method: "GET", path, as: users.bot }), "room_id"));
  } catch (error) {
    if (error instanceof MatrixError && error.errcode === "M_NOT_FOUND") return undefined;
    throw error;
  }
}

/** It is published afterwards, because a homeserver that refuses to publish it would refuse the room as a whole. */
async function createRoom(client: HomeserverClient, users: OurUsers, wanted: WantedRoom): Promise<RoomId> {
  const body = {
    preset: "public_chat",
    room_alias_name: wanted.alias.slice(1).split(":")[0],
    // `users` is left to the homeserver: in room version 12 the creator must not stand in it.
    power_level_content_override: { events_default: 0, invite: 50 },
    initial_state: stateOf(users, wanted),
  };
  const path = "/_matrix/client/v3/createRoom";
  try {
    return roomId(textOf(await client.request({ method: "POST", path, as: users.bot, body }), "room_id"));
  } catch (error) {
    // Made by a request whose answer was lost, or by another guichet in this moment: the alias leads to it.
    const refused = error instanceof MatrixError && error.isRefusal;
    const room = refused ? await resolveAlias(client, users, wanted.alias) : undefined;
    if (room) return room;
    throw error;
  }
}

function stateOf(users: OurUsers, { name, topic, bridges }: WantedRoom): StateEvent[] {
  const information = [...bridges].flatMap(([state_key, about]) =>
    // MSC2346 is known under both names.
    ["m.bridge", "uk.half-shot.bridge"].map((type) => ({
      type,
      state_key,
      content: { bridgebot: users.bot, creator: users.bot, ...about },
    })),
  );
  return [
    { type: "m.room.name", state_key: "", content: { name } },
    { type: "m.room.topic", state_key: "", content: { topic } },
    // MSC4171: the bot neither names the room nor counts as a person.
    { type: "io.element.functional_members", state_key: "", content: { service_members: [users.bot] } },
    ...information,
  ];
}

/** Client-Server API, listing rooms. Synapse refuses unless its room_list_publication_rules allow the bot. */
async function publish(client: HomeserverClient, users: OurUsers, room: RoomId): Promise<void> {
  const path = matrixPath`/_matrix/client/v3/directory/list/room/${room}`;
  const listed = await client.request({ method: "GET", path, as: users.bot });
  if (isRecord(listed) && listed.visibility === "public") return;
  await client.request({ method: "PUT", path, as: users.bot, body: { visibility: "public" } });
}

async function empower(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
  { state, agents }: { state: RoomState; agents: readonly string[] },
): Promise<void> {
  const levels = (await state.read("m.room.power_levels")) ?? {};
  const creators = findCreators((await state.readEvent("m.room.create")) ?? {});
  const raised = raiseAgents(levels, creators, agents);
  if (raised) await client.setState(room, "m.room.power_levels", "", raised, users.bot);
}

async function isAllowed(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    return false;
  }
}

/** Every wanted member is there; a homeserver may add its own. */
const isAlike = (found: Readonly<Record<string, unknown>> | undefined, wanted: Readonly<Record<string, unknown>>) =>
  found !== undefined && Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(found[key], value));
