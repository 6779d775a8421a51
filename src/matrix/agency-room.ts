import { type RoomId, roomId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { type HomeserverClient, matrixPath, textOf } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";

export interface WantedRoom {
  /** Full alias. */
  readonly alias: string;
  readonly name: string;
  readonly topic: string;
  /** Invited, and may moderate. */
  readonly agents: readonly string[];
  /** Bridge information by state key (MSC2346). */
  readonly bridges: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

interface StateEvent {
  readonly type: string;
  readonly state_key: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface ProvidedRoom {
  readonly room: RoomId;
  /** What the homeserver, or the room's makers, did not let the bot do: `directory`, or types of state events. */
  readonly refused: readonly string[];
}

/**
 * Finds the agency's public room by its alias, or creates it, and brings its state up to date.
 * Ghosts and agents stand at level 0, which suffices to speak; the bot keeps what makes the room work.
 */
export async function provideRoom(
  client: HomeserverClient,
  users: OurUsers,
  wanted: WantedRoom,
): Promise<ProvidedRoom> {
  const found = await resolveAlias(client, users, wanted.alias);
  const room = found ?? (await createRoom(client, users, wanted));
  if (found) {
    const path = matrixPath`/_matrix/client/v3/join/${room}`;
    await client.request({ method: "POST", path, as: users.bot, body: {} });
  }
  return { room, refused: await bringUpToDate(client, users, room, wanted) };
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

async function createRoom(client: HomeserverClient, users: OurUsers, wanted: WantedRoom): Promise<RoomId> {
  const answer = await client.request({
    method: "POST",
    path: "/_matrix/client/v3/createRoom",
    as: users.bot,
    body: {
      preset: "public_chat",
      visibility: "public",
      room_alias_name: wanted.alias.slice(1).split(":")[0],
      name: wanted.name,
      topic: wanted.topic,
      invite: wanted.agents,
      // `users` is left to the homeserver: in room version 12 the creator must not stand in it.
      power_level_content_override: { events_default: 0, invite: 50 },
      initial_state: stateOf(users, wanted),
    },
  });
  return roomId(textOf(answer, "room_id"));
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

/** Sends only what differs; a room that was made by others may not let the bot change it, and works all the same. */
async function bringUpToDate(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
  wanted: WantedRoom,
): Promise<string[]> {
  const refused: string[] = [];
  if (!(await publish(client, users, room))) refused.push("directory");
  for (const { type, state_key, content } of stateOf(users, wanted)) {
    if (isAlike(await readState(client, users, room, type, state_key), content)) continue;
    if (!(await isAllowed(client.setState(room, type, state_key, content, users.bot)))) refused.push(type);
  }
  if (!(await raiseAgents(client, users, room, wanted.agents))) refused.push("m.room.power_levels");
  return refused;
}

/** Client-Server API, listing rooms. Synapse refuses unless its room_list_publication_rules allow the bot. */
async function publish(client: HomeserverClient, users: OurUsers, room: RoomId): Promise<boolean> {
  const path = matrixPath`/_matrix/client/v3/directory/list/room/${room}`;
  const listed = await client.request({ method: "GET", path, as: users.bot });
  if (isRecord(listed) && listed.visibility === "public") return true;
  return isAllowed(client.request({ method: "PUT", path, as: users.bot, body: { visibility: "public" } }));
}

async function raiseAgents(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
  agents: readonly string[],
): Promise<boolean> {
  const levels = await readState(client, users, room, "m.room.power_levels", "");
  const standing = isRecord(levels?.users) ? levels.users : {};
  const missing = agents.filter((agent) => !(Number(standing[agent] ?? 0) >= 50));
  if (!levels || missing.length === 0) return true;
  const content = { ...levels, users: { ...standing, ...Object.fromEntries(missing.map((agent) => [agent, 50])) } };
  return isAllowed(client.setState(room, "m.room.power_levels", "", content, users.bot));
}

async function readState(
  client: HomeserverClient,
  users: OurUsers,
  room: RoomId,
  type: string,
  stateKey: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const path = matrixPath`/_matrix/client/v3/rooms/${room}/state/${type}/${stateKey}`;
    const answer = await client.request({ method: "GET", path, as: users.bot });
    return isRecord(answer) ? answer : undefined;
  } catch (error) {
    if (error instanceof MatrixError && error.errcode === "M_NOT_FOUND") return undefined;
    throw error;
  }
}

async function isAllowed(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError && error.status === 403)) throw error;
    return false;
  }
}

/** Every wanted member is there; a homeserver may add its own. */
const isAlike = (found: Readonly<Record<string, unknown>> | undefined, wanted: Readonly<Record<string, unknown>>) =>
  found !== undefined &&
  Object.entries(wanted).every(([key, value]) => JSON.stringify(found[key]) === JSON.stringify(value));
