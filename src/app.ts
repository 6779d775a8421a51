import { type KeyObject, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { type Agencies, openAgencies } from "./agency/agencies.ts";
import { followRoom } from "./agency/follow-room.ts";
import { keepRooms } from "./agency/keep-rooms.ts";
import { announcePortal, openPortal } from "./agency/open-portal.ts";
import { openClosedRooms, reachHomeserver } from "./agency/reach-homeserver.ts";
import { type Channels, openChannels } from "./channel/open-channels.ts";
import type { Config } from "./config/config.ts";
import { registrationNeeds } from "./config/registration-needs.ts";
import { findWay } from "./desk/find-way.ts";
import { sayInRoom } from "./desk/say.ts";
import type { DeskTexts } from "./desk/texts.ts";
import type { Fence } from "./domain/fence.ts";
import { type Lane, type RoomId, readLane, type SharedLane } from "./domain/ids.ts";
import { pause, untilAborted } from "./domain/pause.ts";
import type { Turn } from "./domain/turn.ts";
import { listenPublic } from "./http/listen-public.ts";
import { nameArrivals, openInbox } from "./inbox/accept.ts";
import { deliverArrivals, type InboxDelivery } from "./inbox/deliver.ts";
import { hourOf, openFloodGuard } from "./inbox/flood.ts";
import { rememberJoined } from "./inbox/joined.ts";
import { listenForHomeserver } from "./matrix/appservice.ts";
import { catchUp } from "./matrix/catch-up.ts";
import { followHomeserver } from "./matrix/follow.ts";
import { HomeserverClient } from "./matrix/homeserver-client.ts";
import { NAMESPACE_PREFIX, nameOurUsers, type OurUsers } from "./matrix/identity.ts";
import { selectEvents } from "./matrix/incoming.ts";
import { openMedia } from "./matrix/media.ts";
import { pingAppservice } from "./matrix/provision.ts";
import { readRegistration } from "./matrix/registration.ts";
import { makeRepeatSoon } from "./matrix/repeat-soon.ts";
import { acceptEvents } from "./outbox/accept.ts";
import { deliverAnswers, type OutboxDelivery } from "./outbox/deliver.ts";
import type { OutboxIntake } from "./outbox/intake.ts";
import { type Links, openLinks } from "./outbox/links.ts";
import { openLanes } from "./queue/lanes.ts";
import { sweepLanes } from "./queue/sweep.ts";
import type { Database } from "./store/database.ts";
import { type Arrival, endPostponement, findIdleLanes } from "./store/inbox.ts";
import { addEvents, findIdleRooms, type IncomingEvent } from "./store/matrix-event.ts";
import { openStore } from "./store/open-store.ts";
import { findIdleReplies } from "./store/outbox.ts";
import { keepKey, readSetting, writeSetting } from "./store/setting.ts";

/** How often forgotten lanes are looked for, and how long one must have been due to count as forgotten. */
const SWEEP_MS = 5_000;
const SWEEP_LIMIT = 1_000;
const SYNC_TOKEN = "sync_token";
/** What channels have to start before other work begins, in milliseconds. */
const CHANNELS_MS = 5_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called once, with what takes over a file that was read again. */
  readonly onReady?: (reread: (next: Config) => Promise<void>) => void;
}

/** Runs guichet until `signal` aborts; resolves when everything has stopped. */
export async function runApp(options: AppOptions): Promise<void> {
  const { config, log, signal, onReady } = options;
  await using closing = new AsyncDisposableStack();

  const registration = readRegistration(config.appservice.registration, registrationNeeds(config), (sentence) =>
    log.warn(sentence),
  );
  const users = nameOurUsers(config.homeserver.domain, registration.sender_localpart);
  const client = new HomeserverClient({ url: config.homeserver.url, token: registration.as_token });
  closing.defer(() => client.close());

  const store = await openStore({ ...config.database, dataFolder: config.dataFolder }, log);
  closing.defer(() => store.close());
  const { database } = store;
  const agencies = await openAgencies(config, database);

  const { redis, concurrency } = config.queue;
  const place =
    redis === undefined ? { kind: "postgres" as const, url: database.url } : { kind: "redis" as const, url: redis };
  // The embedded database has one guichet only.
  const alone = config.database.url === undefined;
  const lanes = await openLanes({ place, database, concurrency, log, alone });
  closing.defer(() => lanes.stop());
  const wake = async (lane: Lane, whose: string) => {
    // The row is stored: a queue that can't be told now learns of it from the sweep.
    await lanes.wake(lane, whose).catch((error: unknown) => log.warn({ err: error, lane }, "lane not woken"));
  };

  const base = { config, log, database, client, users, agencies, wake };
  const laneKey = await keepKey(database.durable, "lane");
  const replyKey = await keepKey(database.durable, "reply");
  const channels = openChannels(config, {
    database,
    log,
    wake,
    crowds: (channel) => lanes.crowds(channel),
    inboxFor: ({ name }, isOwn) =>
      openInbox({ database, channel: name, laneKey, replyKey, isOwn, wake: (lane) => void wake(lane, name) }),
  });
  const keys = {
    ghostKey: await keepKey(database.durable, "ghost"),
    portalKey: await keepKey(database.durable, "portal"),
    replyKey,
  };
  const sweep = sweepLanes({ lanes, find: (dueBefore) => findDue(database, dueBefore), everyMs: SWEEP_MS, log });
  closing.defer(() => sweep.stop());

  const take = async (events: readonly IncomingEvent[]) => {
    for (const { lane, whose } of await addEvents(database.durable, events)) void wake(lane, whose);
  };
  const ping = () => pingAppservice(client, users, registration.id);
  const following = followHomeserver({
    client,
    log,
    watcher: users.fullId(`${NAMESPACE_PREFIX}watch`),
    ping,
    async resume() {
      for (const { lane, whose } of await endPostponement(database.relaxed)) void wake(lane, whose);
    },
    catchUp: (how) =>
      catchUp(
        {
          client,
          users,
          take,
          readToken: () => readSetting(database.relaxed, SYNC_TOKEN),
          writeToken: (token) => writeSetting(database.relaxed, SYNC_TOKEN, token),
        },
        how,
      ),
  });
  const links =
    config.public &&
    openLinks({
      key: await keepKey(database.durable, "link"),
      database,
      url: `${config.public.url}/files`,
      days: config.public.linkDays,
      open: (mxc, signal) => openMedia(client, mxc, users.bot, signal),
    });
  if (config.public && links) {
    const listener = await listenPublic({ ...config.public, log, find: channels.route, findFile: links.find });
    closing.defer(() => listener.close());
  }
  closing.defer(() => channels.stop());
  // A bridge that hangs must not hold up the others' messages.
  await Promise.race([channels.start(), pause(CHANNELS_MS, signal)]);
  lanes.start(makeWork({ ...base, ...keys, channels, links, isCurrent: following.isCurrent }));
  const listener = await listenForHomeserver({
    registration,
    homeserver: config.homeserver,
    bind: config.appservice.bind,
    port: config.appservice.port,
    log,
    take: (events) => take(selectEvents(events, users)),
    onRefused: makeRepeatSoon(ping, log),
  });
  closing.defer(() => listener.close());

  const closed = await reachHomeserver(base, signal);
  const opening = openClosedRooms(base, closed, signal);
  closing.defer(() => opening);
  const keeping = keepRooms(
    {
      ...base,
      ...keys,
      owner: randomUUID(),
      channelsOfType: (type) => channels.all().flatMap((channel) => (channel.type === type ? [channel.name] : [])),
      arrivalsOf: (channel, address) => nameArrivals(laneKey, channel, address),
    },
    signal,
  );
  closing.defer(() => keeping);
  const run = following.run(signal);
  closing.defer(() => run);
  if (signal.aborted) return;
  onReady?.((next) => reread(config, next, channels, log));
  log.info({ agencies: config.agencies.size, channels: config.channels.size }, "guichet is up");
  await untilAborted(signal);
}

/** Of a file that was read again only the channels can change while guichet runs. */
async function reread(config: Config, next: Config, channels: Channels, log: Logger): Promise<void> {
  const rest = ({ channels: _, agencies, ...others }: Config) => JSON.stringify([others, [...agencies]]);
  if (rest(next) !== rest(config)) log.warn("only changes of channels are taken over now; the others need a restart");
  const unknown = [...next.channels.values()].filter(({ agency }) => !config.agencies.has(agency));
  for (const { name } of unknown) log.warn({ channel: name }, "its agency is new and needs a restart");
  const known = [...next.channels].filter(([, { agency }]) => config.agencies.has(agency));
  await channels.reread({ ...config, channels: new Map(known) });
  log.info({ channels: known.length }, "the channels of the file were taken over");
}

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  readonly agencies: Agencies;
  wake(lane: Lane, whose: string): Promise<void>;
}

interface WorkParts extends Parts {
  readonly channels: Channels;
  readonly links: Links | undefined;
  readonly ghostKey: KeyObject;
  readonly portalKey: KeyObject;
  readonly replyKey: KeyObject;
  isCurrent(): boolean;
}

/** What each kind of lane does. */
function makeWork(parts: WorkParts) {
  const { agencies, client, users } = parts;
  const follow = (room: RoomId) => followRoom(parts, room);
  const channelsOf = (agency: string) =>
    parts.channels.all().flatMap(({ name, type, agency: owner }) => {
      const bridge = owner === agency ? parts.channels.bridge(name) : undefined;
      return bridge ? [{ name, type, bridge }] : [];
    });
  const inbox: InboxDelivery = {
    ...parts,
    channel(name) {
      const channel = parts.channels.configured(name);
      const agency = channel && agencies.get(channel.agency);
      if (!agency) return undefined;
      const { room, texts, configured } = agency;
      const { acknowledge: words, portal } = configured;
      const mayWrite = parts.channels.bridge(name)?.capabilities.send === true;
      const acknowledging = words && mayWrite ? { ...configured, words } : undefined;
      return { type: channel.type, agency: channel.agency, portal, room, texts, acknowledging };
    },
    findWay: (agency, type, address) => findWay(channelsOf(agency), type, address),
    joined: rememberJoined(),
    flood: openFloodGuard(),
    async announceFlood(agency, lane, { id, receivedAt }) {
      const { room, texts } = agencies.get(agency) ?? {};
      const hour = String(hourOf(receivedAt));
      if (room && texts) await sayInRoom(parts, room, texts.flood(id), ["flood", lane, hour]);
    },
    async openPortal(arrival) {
      const channel = parts.channels.configured(arrival.channel);
      const agency = channel && agencies.get(channel.agency);
      return agency && openPortal(parts, agency, channel, arrival);
    },
    async announcePortal(name, portal) {
      const agency = agencies.get(name);
      if (agency) await announcePortal(parts, agency, portal);
    },
    follow,
    async announceQuarantine(agency, arrival, code) {
      const { room, texts } = agencies.get(agency) ?? {};
      if (room && texts) await sayInRoom(parts, room, sayQuarantined(texts, arrival, code), ["quarantine", arrival.id]);
    },
    async announceWaiting(agency, code) {
      const { room, texts } = agencies.get(agency) ?? {};
      // Once a day: each citizen's lane comes here on its own.
      const today = new Date().toISOString().slice(0, 10);
      if (room && texts) await sayInRoom(parts, room, texts.waiting(code), ["waiting", room, today]);
    },
  };
  const intake: OutboxIntake = {
    ...parts,
    agency: agencies.get,
    agencyOf: agencies.ofRoom,
    follow,
    bridge: (channel) => parts.channels.bridge(channel),
    channelsOf,
  };
  const outbox: OutboxDelivery = {
    ...parts,
    bridge: (channel) => parts.channels.bridge(channel),
    agencyName: (agency) => agencies.get(agency)?.configured.name ?? agency,
    texts: (agency) => agencies.textsOf(agency),
    openFile: async (mxc, signal) => (await openMedia(client, mxc, users.bot, signal)).content,
  };
  return async (fence: Fence, turn: Turn): Promise<Date | undefined> => {
    const lane = readLane(fence.lane);
    if (lane.of === "arrivals") return deliverArrivals(inbox, fence, turn);
    if (lane.of === "events") return acceptEvents(intake, fence, lane.room);
    if (lane.of === "answers") return deliverAnswers(outbox, fence, lane.conversation, turn);
    return undefined;
  };
}

function sayQuarantined(texts: DeskTexts, { id, message }: Arrival, code: string): string {
  const { hold, trust, remarks } = message;
  if (hold) return texts.held(id, code, trust?.remark ?? remarks?.[0]);
  return code === "CITIZEN_BANNED" ? texts.banned(id) : texts.quarantined(id, code);
}

async function findDue(database: Database, dueBefore: Date): Promise<SharedLane[]> {
  const found = await Promise.all(
    [findIdleLanes, findIdleRooms, findIdleReplies].map((find) => find(database.relaxed, dueBefore, SWEEP_LIMIT)),
  );
  return found.flat();
}
