import { dirname, resolve } from "node:path";
import { agencyId, type ChannelId, channelId } from "../domain/ids.ts";
import type { ReadChannel } from "./channels.ts";
import type { Config, ConfiguredAgency, ConfiguredChannel } from "./config.ts";
import type { OperatorView } from "./schema.ts";

/** Turns a file without faults into what the rest of guichet works with. */
export function arrange(view: OperatorView, file: string, channels: readonly ReadChannel[]): Config {
  const folder = dirname(file);
  const { url, port } = view.database;
  const { redis, concurrency } = view.queue;
  return {
    file,
    homeserver: view.homeserver,
    appservice: { ...view.appservice, registration: resolve(folder, view.appservice.registration) },
    ...(view.public === undefined ? {} : { public: arrangePublic(view.public) }),
    bot: { displayName: view.bot.display_name },
    dataFolder: resolve(folder, view.data_folder),
    database: { ...(url === undefined ? {} : { url }), ...(port === undefined ? {} : { port }) },
    queue: { concurrency, ...(redis === undefined ? {} : { redis }) },
    rooms: {
      quietDays: view.rooms.quiet_days,
      mostGhosts: view.rooms.most_ghosts,
      mostMembers: view.rooms.most_members,
    },
    log: view.log,
    agencies: new Map(
      Object.entries(view.agencies).map(([name, agency]) => [agencyId(name), arrangeAgency(name, agency)]),
    ),
    channels: arrangeChannels(view, channels),
  };
}

const arrangePublic = ({ trusted_proxies, link_days, ...rest }: NonNullable<OperatorView["public"]>) => ({
  ...rest,
  trustedProxies: trusted_proxies,
  linkDays: link_days,
});

function arrangeAgency(name: string, agency: OperatorView["agencies"][string]): ConfiguredAgency {
  const first = agency.languages[0] ?? "en";
  const names = new Map(Object.entries(typeof agency.name === "string" ? { [first]: agency.name } : agency.name));
  return {
    id: agencyId(name),
    names,
    name: names.get(first) ?? [...names.values()][0] ?? name,
    room: agency.room,
    ...(agency.topic === undefined ? {} : { topic: agency.topic }),
    portal: agency.portal,
    ...(agency.portal === "room" ? { space: agency.space ?? nameSpace(agency.room) } : {}),
    replies: agency.replies,
    undoSeconds: agency.undo_seconds,
    languages: agency.languages,
    ...(agency.acknowledge === false
      ? {}
      : { acknowledge: new Map(agency.acknowledge === true ? [] : Object.entries(agency.acknowledge)) }),
    agents: agency.agents,
  };
}

/** `#town-hall:agents.example` has the space `#town-hall-space:agents.example`. */
const nameSpace = (room: string) => room.replace(":", "-space:");

function arrangeChannels(view: OperatorView, read: readonly ReadChannel[]): ReadonlyMap<ChannelId, ConfiguredChannel> {
  const channels = new Map<ChannelId, ConfiguredChannel>();
  for (const { name, type, fingerprint, build } of read) {
    const channel = view.channels[name];
    if (!channel || !type || !fingerprint || !build) continue;
    channels.set(channelId(name), {
      name: channelId(name),
      agency: agencyId(channel.agency),
      use: channel.use,
      type,
      enabled: channel.enabled,
      fingerprint: `${channel.use} ${channel.agency} ${fingerprint}`,
      build,
    });
  }
  return channels;
}
