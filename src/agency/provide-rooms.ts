import type { Logger } from "pino";
import type { Config, ConfiguredAgency } from "../config/config.ts";
import { chooseTexts } from "../desk/texts.ts";
import { provideRoom, type RoomLack } from "../matrix/agency-room.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { registerUser, setDisplayName } from "../matrix/provision.ts";
import { makeRoomCurrent } from "../store/agency-room.ts";
import type { Database } from "../store/database.ts";

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
      const { room, lacks } = await provideRoom(client, users, {
        alias: agency.room,
        name: agency.name,
        topic: agency.topic ?? chooseTexts(agency.languages).topic(agency.name, agency.replies),
        agents: agency.agents,
        bridges: describeBridges(config, agency),
      });
      await makeRoomCurrent(database.durable, agency.id, room);
      for (const lack of lacks) log.warn({ agency: agency.id, room, lack }, ADVICE[lack]);
    } catch (error) {
      if (!(error instanceof MatrixError && error.isRefusal)) throw error;
      log.warn({ agency: agency.id, code: error.errcode, status: error.status }, CLOSED);
      closed.push(agency);
    }
  }
  return closed;
}

const CLOSED =
  "the agency's room is closed to the bot and its messages wait: invite the bot to the room or lift its ban, or give the alias to another room";

const ADVICE: Readonly<Record<RoomLack, string>> = {
  directory: "the room is not in the public directory: allow the bot in the homeserver's room_list_publication_rules",
  state: "the bot may not change the room's state: give it power level 50, or leave the room as it is",
  invitation: "an agent could not be invited: give the bot the power to invite, or let the agent join by the alias",
  door: "the room is not public: the bot invites citizens one by one, if its power level suffices",
  voice: "citizens may not speak in the room and their messages wait: set events_default to 0 in its power levels",
  clear: "the room is encrypted: citizens' messages stand in it in the clear, and guichet cannot read the agents'",
};

function describeBridges(config: Config, agency: ConfiguredAgency) {
  const channels = [...config.channels.values()].filter((channel) => channel.agency === agency.id);
  return new Map(
    channels.map(({ name, type }) => [
      `org.guichet://${agency.id}/${name}`,
      { protocol: { id: type, displayname: type }, channel: { id: name, displayname: name } },
    ]),
  );
}
