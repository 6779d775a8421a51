import { isDeepStrictEqual } from "node:util";
import { type RoomId, userId } from "../domain/ids.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import type { OurUsers } from "./identity.ts";
import { MatrixError } from "./matrix-error.ts";
import { invite } from "./membership.ts";
import { findCreators, raiseAgents } from "./power-levels.ts";
import { type RoomState, readMembership } from "./room-state.ts";

type Content = Readonly<Record<string, unknown>>;

export interface StateEvent {
  readonly type: string;
  readonly state_key: string;
  readonly content: Content;
}

/** A room of ours as agents see it. */
export interface DescribedRoom {
  readonly name: string;
  readonly topic: string;
  /** Bridge information by state key (MSC2346). */
  readonly bridges: ReadonlyMap<string, Content>;
}

/** A room to be worked on, with its state. */
export interface OpenedRoom {
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  readonly room: RoomId;
  readonly state: RoomState;
}

export function stateOf(users: OurUsers, { name, topic, bridges }: DescribedRoom): StateEvent[] {
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

/** Sets what is not there yet. @returns whether the room let it. */
export async function ensureState({ client, users, room, state }: OpenedRoom, wanted: StateEvent): Promise<boolean> {
  const { type, state_key, content } = wanted;
  if (isAlike(await state.read(type, state_key), content)) return true;
  return isAllowed(() => client.setState(room, type, state_key, content, users.bot));
}

/** Invites those of whom the room has never heard: who has left stays away. @returns whether the room let it. */
export async function inviteAgents(opened: OpenedRoom, agents: readonly string[]): Promise<boolean> {
  const { client, users, room, state } = opened;
  let allowed = true;
  for (const agent of agents.map(userId)) {
    if ((await readMembership(state, agent)) !== undefined) continue;
    allowed = (await isAllowed(() => invite(client, users, room, agent))) && allowed;
  }
  return allowed;
}

/** Lets agents moderate; nobody loses any power. @returns whether the room let it. */
export async function empowerAgents(opened: OpenedRoom, agents: readonly string[]): Promise<boolean> {
  const { client, users, room, state } = opened;
  if (agents.length === 0) return true;
  const levels = (await state.read("m.room.power_levels")) ?? {};
  const creators = findCreators((await state.readEvent("m.room.create")) ?? {});
  const raised = raiseAgents(levels, creators, agents);
  return raised === undefined || isAllowed(() => client.setState(room, "m.room.power_levels", "", raised, users.bot));
}

/** False when the homeserver says no. @throws MatrixError when it is away. */
export async function isAllowed(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    return false;
  }
}

/** Every wanted member is there; a homeserver may add its own. */
const isAlike = (found: Content | undefined, wanted: Content) =>
  found !== undefined && Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(found[key], value));
