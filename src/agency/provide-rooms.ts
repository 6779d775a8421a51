import type { Logger } from "pino";
import type { Config, ConfiguredAgency } from "../config/config.ts";
import { chooseTexts } from "../desk/texts.ts";
import { provideRoom } from "../matrix/agency-room.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
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

/** Makes the bot and each agency's room what the configuration says. May be repeated. */
export async function provideRooms({ config, log, database, client, users }: RoomParts): Promise<void> {
  const { bot } = users;
  await registerUser(client, users, bot.slice(1, bot.indexOf(":")));
  await setDisplayName(client, bot, config.bot.displayName);
  for (const agency of config.agencies.values()) {
    const { room, refused } = await provideRoom(client, users, {
      alias: agency.room,
      name: agency.name,
      topic: agency.topic ?? chooseTexts(agency.languages).topic(agency.name, agency.replies),
      agents: agency.agents,
      bridges: describeBridges(config, agency),
    });
    await makeRoomCurrent(database.durable, agency.id, room);
    if (refused.length > 0) log.warn({ agency: agency.id, refused }, adviceOn(refused));
  }
}

const adviceOn = (refused: readonly string[]) =>
  refused.includes("directory")
    ? "the room is not in the public directory: allow the bot in the homeserver's room_list_publication_rules"
    : "the bot may not change the room's state: give it power level 50, or leave the room as it is";

function describeBridges(config: Config, agency: ConfiguredAgency) {
  const channels = [...config.channels.values()].filter((channel) => channel.agency === agency.id);
  return new Map(
    channels.map(({ name, type }) => [
      `org.guichet://${agency.id}/${name}`,
      { protocol: { id: type, displayname: type }, channel: { id: name, displayname: name } },
    ]),
  );
}
