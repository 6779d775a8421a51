import type { Logger } from "pino";
import { openAgencies } from "./agency/agencies.ts";
import { type Channels, openChannels } from "./channel/open-channels.ts";
import type { Config } from "./config/config.ts";
import { registrationNeeds } from "./config/registration-needs.ts";
import { type Lane, readLane, type SharedLane } from "./domain/ids.ts";
import { pause, untilAborted } from "./domain/pause.ts";
import { openInbox } from "./inbox/accept.ts";
import { HomeserverClient } from "./matrix/homeserver-client.ts";
import { nameOurUsers } from "./matrix/identity.ts";
import { openMedia } from "./matrix/media.ts";
import { readRegistration } from "./matrix/registration.ts";
import { openLinks } from "./outbox/links.ts";
import type { QueueName } from "./queue/backend.ts";
import { openLanes } from "./queue/lanes.ts";
import { sweepLanes } from "./queue/sweep.ts";
import { serveAppservice } from "./roles/appservice.ts";
import { workAnswers } from "./roles/channels.ts";
import { watchCurrent } from "./roles/current.ts";
import type { Roles } from "./roles/roles.ts";
import { serveWeb } from "./roles/web.ts";
import { workIntake } from "./roles/worker.ts";
import type { Database } from "./store/database.ts";
import { findIdleLanes } from "./store/inbox.ts";
import { findIdleRooms } from "./store/matrix-event.ts";
import { openStore } from "./store/open-store.ts";
import { findIdleReplies } from "./store/outbox.ts";
import { keepKey } from "./store/setting.ts";

/**
 * How often forgotten lanes are looked for, and how long one must have been due to count as forgotten: lanes that waited
 * for their turn in a process that died are found by nothing else.
 */
const SWEEP_MS = 2_000;
const SWEEP_LIMIT = 1_000;
/** What channels have to start before other work begins, in milliseconds. */
const CHANNELS_MS = 5_000;
/** How soon a process knows of rooms that another one has made, in milliseconds. */
const ROOMS_MS = 2_000;
/** Connections of each of the database's two pools, of a process that works on lanes and of one that does not. */
const CONNECTIONS = { working: 20, listening: 8 };

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly roles: Roles;
  /** Called once, with what takes over a file that was read again. */
  readonly onReady?: (reread: (next: Config) => Promise<void>) => void;
}

/** Runs what the roles say of guichet until `signal` aborts; resolves when everything has stopped. */
export async function runApp(options: AppOptions): Promise<void> {
  const { config, log, signal, roles, onReady } = options;
  await using closing = new AsyncDisposableStack();

  const registration = readRegistration(config.appservice.registration, registrationNeeds(config), (sentence) =>
    log.warn(sentence),
  );
  const users = nameOurUsers(config.homeserver.domain, registration.sender_localpart);
  const client = new HomeserverClient({ url: config.homeserver.url, token: registration.as_token });
  closing.defer(() => client.close());

  const takes = takenBy(roles);
  const connections = takes.length > 0 ? CONNECTIONS.working : CONNECTIONS.listening;
  const store = await openStore({ ...config.database, dataFolder: config.dataFolder, connections }, log);
  closing.defer(() => store.close());
  const { database } = store;
  const agencies = await openAgencies(config, database);

  const { redis, concurrency } = config.queue;
  const place =
    redis === undefined ? { kind: "postgres" as const, url: database.url } : { kind: "redis" as const, url: redis };
  // The embedded database has one guichet only.
  const alone = config.database.url === undefined;
  const lanes = await openLanes({ place, database, concurrency, log, alone, takes });
  closing.defer(() => lanes.stop());
  const wake = async (lane: Lane, whose: string) => {
    // The row is stored: a queue that can't be told now learns of it from the sweep.
    await lanes.wake(lane, whose).catch((error: unknown) => log.warn({ err: error, lane }, "lane not woken"));
  };

  const base = { config, log, database, client, users, agencies, wake };
  const laneKey = await keepKey(database.durable, "lane");
  const keys = {
    ghostKey: await keepKey(database.durable, "ghost"),
    portalKey: await keepKey(database.durable, "portal"),
    replyKey: await keepKey(database.durable, "reply"),
  };
  const { replyKey } = keys;
  const channels = openChannels(config, {
    database,
    log,
    wake,
    use: roles.has("channels") ? "run" : roles.has("web") ? "serve" : "know",
    crowds: (channel) => lanes.crowds(channel),
    inboxFor: ({ name }, isOwn) =>
      openInbox({ database, channel: name, laneKey, replyKey, isOwn, wake: (lane) => void wake(lane, name) }),
  });
  closing.defer(() => channels.stop());
  // Before the channels, so that what is being sent can leave; what is taken in meanwhile is another process's.
  closing.defer(() => lanes.drain());
  const links =
    config.public &&
    openLinks({
      key: await keepKey(database.durable, "link"),
      database,
      url: `${config.public.url}/files`,
      days: config.public.linkDays,
      open: (mxc, signal) => openMedia(client, mxc, users.bot, signal),
    });
  if (takes.length > 0) {
    const find = (dueBefore: Date) => findDue(database, takes, dueBefore);
    const sweep = sweepLanes({ lanes, find, everyMs: SWEEP_MS, log });
    closing.defer(() => sweep.stop());
  }
  if (config.public && links && roles.has("web")) {
    const listener = await serveWeb({ access: config.public, log, channels, links });
    closing.defer(() => listener.close());
  }
  // A bridge that hangs must not hold up the others' messages.
  await Promise.race([channels.start(), pause(CHANNELS_MS, signal)]);
  const intake = workIntake({ ...base, ...keys, channels, links, isCurrent: watchCurrent(database) });
  const answers = workAnswers({ ...base, channels, links, replyKey });
  lanes.start((fence, turn) => (readLane(fence.lane).of === "answers" ? answers : intake)(fence, turn));
  if (roles.has("worker")) {
    const refreshing = keepFresh(agencies, log, signal);
    closing.defer(() => refreshing);
  }
  if (roles.has("appservice")) {
    const appservice = await serveAppservice({ ...base, registration });
    closing.defer(() => appservice.stop());
    await Promise.race([appservice.reached, untilAborted(signal)]);
  }
  if (signal.aborted) return;
  onReady?.((next) => reread(config, next, channels, log));
  const counts = { agencies: config.agencies.size, channels: config.channels.size };
  log.info({ ...counts, roles: [...roles] }, "guichet is up");
  await untilAborted(signal);
}

/** The queues that a process with these roles works on. */
const takenBy = (roles: Roles): QueueName[] => [
  ...(roles.has("worker") ? (["intake"] as const) : []),
  ...(roles.has("channels") ? (["answers"] as const) : []),
];

/** Rooms are made, and followed to their successors, by other processes too. */
async function keepFresh(agencies: { refresh(): Promise<void> }, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(ROOMS_MS, signal);
    if (signal.aborted) return;
    await agencies.refresh().catch((error: unknown) => log.warn({ err: error }, "agencies' rooms not read"));
  }
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

async function findDue(database: Database, takes: readonly QueueName[], dueBefore: Date): Promise<SharedLane[]> {
  const finders = {
    intake: [findIdleLanes, findIdleRooms],
    answers: [findIdleReplies],
  };
  const found = await Promise.all(
    takes.flatMap((queue) => finders[queue]).map((find) => find(database.relaxed, dueBefore, SWEEP_LIMIT)),
  );
  return found.flat();
}
