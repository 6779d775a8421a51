import { pino } from "pino";
import type { BridgeHost } from "../adapter/index.ts";
import type { Config, ConfiguredChannel } from "../config/config.ts";
import { registrationNeeds } from "../config/registration-needs.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import { channelId } from "../domain/ids.ts";
import { openInbox } from "../inbox/accept.ts";
import { HomeserverClient } from "../matrix/homeserver-client.ts";
import { nameOurUsers } from "../matrix/identity.ts";
import { listJoined } from "../matrix/membership.ts";
import { readRegistration } from "../matrix/registration.ts";
import type { Database } from "../store/database.ts";
import { openNotes } from "../store/note.ts";
import { keepKey } from "../store/setting.ts";
import { openShelf } from "../store/shelf.ts";
import type { ChannelPart } from "./compare-channel.ts";
import type { Finding, Period } from "./finding.ts";
import { reconcile } from "./reconcile.ts";

export interface Asked {
  readonly period: Period;
  /** This channel alone is counted. */
  readonly channel?: string | undefined;
  readonly isFixing: boolean;
  /** No channel is counted; rooms that the store does not know are read, too. */
  readonly roomsOnly: boolean;
}

export interface Telling {
  found(finding: Finding): void;
  /** A channel's remote keeps nothing that could be compared. */
  uncounted(channel: string): void;
}

/** Compares all witnesses of a configuration. @returns how many differences there are, and how many of them stay. */
export async function compareAll(
  database: Database,
  config: Config,
  { period, channel, isFixing, roomsOnly }: Asked,
  telling: Telling,
): Promise<{ all: number; open: number }> {
  const registration = readRegistration(config.appservice.registration, registrationNeeds(config), () => undefined);
  const users = nameOurUsers(config.homeserver.domain, registration.sender_localpart);
  const client = new HomeserverClient({ url: config.homeserver.url, token: registration.as_token });
  const ending = new AbortController();
  let [all, open] = [0, 0];
  try {
    const channels = roomsOnly ? [] : await buildChannels(database, config, { channel }, ending.signal);
    const moreRooms = roomsOnly ? await listJoined(client, users.bot) : [];
    for (const { name, bridge } of channels) if (!bridge.census) telling.uncounted(name);
    const parts = { database, client, users, channels, moreRooms, isFixing };
    for await (const finding of reconcile(parts, period, ending.signal)) {
      all += 1;
      if (!finding.isRepaired) open += 1;
      telling.found(finding);
    }
    return { all, open };
  } finally {
    ending.abort();
    await client.close();
  }
}

/** Bridges that are built and not started: they only count. */
async function buildChannels(
  database: Database,
  config: Config,
  { channel: wanted }: Pick<Asked, "channel">,
  signal: AbortSignal,
): Promise<ChannelPart[]> {
  if (wanted !== undefined && !config.channels.has(channelId(wanted)))
    throw new GuichetError("CHANNEL_NAME", `There is no channel ${JSON.stringify(wanted)} in the file.`);
  const keys = {
    laneKey: await keepKey(database.durable, "lane"),
    replyKey: await keepKey(database.durable, "reply"),
  };
  const log = pino({ level: "error", base: null }, pino.destination(2));
  const built = new Map<string, ReturnType<ConfiguredChannel["build"]>>();
  const isOwn = (address: string) => [...built.values()].some(({ addresses }) => addresses?.includes(address) === true);
  for (const configured of config.channels.values()) {
    const { name, agency } = configured;
    const { languages = [], names = new Map([["en", String(agency)]]) } = config.agencies.get(agency) ?? {};
    const host: BridgeHost = {
      channel: name,
      languages,
      agencyNames: names,
      // The sweep of a running guichet wakes what is taken.
      inbox: openInbox({ database, channel: name, ...keys, isOwn, wake: () => undefined }),
      log: log.child({ channel: name }),
      now: () => new Date(),
      notes: openNotes(database.durable, name),
      shelf: openShelf(database, name),
      ...(config.public === undefined ? {} : { publicUrl: `${config.public.url}/${name}` }),
      routes: { on: () => undefined },
      lease: () => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve())),
    };
    built.set(name, configured.build(host));
  }
  return [...built].flatMap(([name, bridge]) => (wanted === undefined || name === wanted ? [{ name, bridge }] : []));
}
