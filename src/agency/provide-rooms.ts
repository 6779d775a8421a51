import type { Logger } from "pino";
import type { Config, ConfiguredAgency, ConfiguredChannel } from "../config/config.ts";
import { chooseTexts } from "../desk/choose-texts.ts";
import type { RoomId } from "../domain/ids.ts";
import { provideRoom, type RoomLack } from "../matrix/agency-room.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { registerUser, setDisplayName } from "../matrix/provision.ts";
import { listInSpace, provideSpace } from "../matrix/space.ts";
import type { DescribedRoom } from "../matrix/staff-room.ts";
import { keepSpace, makeRoomCurrent, readCurrentRoom } from "../store/agency-room.ts";
import type { Database } from "../store/database.ts";
import { isAfter } from "../store/roll-over.ts";

export interface RoomParts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
}

/** Makes the bot what the configuration says. */
export async function provideBot({ config, client, users }: RoomParts): Promise<void> {
  const { bot } = users;
  await registerUser(client, users, bot.slice(1, bot.indexOf(":")));
  await setDisplayName(client, bot, config.bot.displayName);
}

/**
 * Makes each agency's room what the configuration says. May be repeated.
 * @returns the agencies whose rooms are closed to the bot; the others work.
 * @throws MatrixError when the homeserver is away or does not know us.
 */
export async function provideRooms(
  parts: RoomParts,
  agencies: Iterable<ConfiguredAgency>,
): Promise<ConfiguredAgency[]> {
  const { config, log, database, client, users } = parts;
  const closed: ConfiguredAgency[] = [];
  for (const agency of agencies) {
    try {
      const known = await readCurrentRoom(database.relaxed, agency.id);
      const { room: provided, lacks } = await provideRoom(client, users, {
        ...describeAgencyRoom(config, agency),
        alias: agency.room,
        agents: agency.agents,
        known,
      });
      // An alias that could not be moved still leads to the full room.
      const room = known && (await isAfter(database.relaxed, provided, known)) ? known : provided;
      await makeRoomCurrent(database.durable, agency.id, room);
      if (agency.space !== undefined) await provideSpaceFor(parts, agency, agency.space, room);
      for (const lack of lacks) log.warn({ agency: agency.id, room, lack }, ADVICE[lack]);
    } catch (error) {
      if (!(error instanceof MatrixError && error.isRefusal)) throw error;
      log.warn({ agency: agency.id, code: error.errcode, status: error.status }, CLOSED);
      closed.push(agency);
    }
  }
  return closed;
}

/** An agency's room as agents see it. */
export const describeAgencyRoom = (config: Config, agency: ConfiguredAgency): DescribedRoom => ({
  name: agency.name,
  topic: agency.topic ?? chooseTexts(agency.languages).topic(agency.name, agency.replies),
  bridges: describeBridges(config, agency),
});

async function provideSpaceFor(
  { database, client, users }: RoomParts,
  { id, name, languages, agents }: ConfiguredAgency,
  alias: string,
  room: RoomId,
): Promise<void> {
  const topic = chooseTexts(languages).spaceTopic(name);
  const space = await provideSpace(client, users, { alias, name, topic, agents });
  await listInSpace(client, users, space, { room });
  await keepSpace(database.durable, id, space);
}

const CLOSED =
  "the agency's room or space is closed to the bot and its messages wait: invite the bot or lift its ban, or give the alias to another";

const ADVICE: Readonly<Record<RoomLack, string>> = {
  directory: "the room is not in the public directory: allow the bot in the homeserver's room_list_publication_rules",
  state: "the bot may not change the room's state: give it power level 50, or leave the room as it is",
  invitation: "an agent could not be invited: give the bot the power to invite, or let the agent join by the alias",
  door: "the room is not public: the bot invites citizens one by one, if its power level suffices",
  voice: "citizens may not speak in the room and their messages wait: set events_default to 0 in its power levels",
  clear: "the room is encrypted: citizens' messages stand in it in the clear, and guichet cannot read the agents'",
};

const describeBridges = (config: Config, agency: ConfiguredAgency) =>
  describeChannels([...config.channels.values()].filter((channel) => channel.agency === agency.id));

/** Bridge information of channels by state key (MSC2346). */
export const describeChannels = (channels: readonly Pick<ConfiguredChannel, "agency" | "name" | "type">[]) =>
  new Map(
    channels.map(({ agency, name, type }) => [
      `org.guichet://${agency}/${name}`,
      { protocol: { id: type, displayname: type }, channel: { id: name, displayname: name } },
    ]),
  );
