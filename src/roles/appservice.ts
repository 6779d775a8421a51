import { openClosedRooms, type ReachParts, reachHomeserver } from "../agency/reach-homeserver.ts";
import { GuichetError } from "../domain/guichet-error.ts";
import type { Lane } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import { listenForHomeserver } from "../matrix/appservice.ts";
import { catchUp } from "../matrix/catch-up.ts";
import { followHomeserver } from "../matrix/follow.ts";
import { NAMESPACE_PREFIX } from "../matrix/identity.ts";
import { selectEvents } from "../matrix/incoming.ts";
import { pingAppservice } from "../matrix/provision.ts";
import type { Registration } from "../matrix/registration.ts";
import { makeRepeatSoon } from "../matrix/repeat-soon.ts";
import { readCurrent, writeCurrent } from "../store/current.ts";
import { type Held, holdLane } from "../store/hold-lease.ts";
import { endPostponement } from "../store/inbox.ts";
import { addEvents, type IncomingEvent } from "../store/matrix-event.ts";
import { readSetting, writeSetting } from "../store/setting.ts";
import { HOMESERVER_DUTY } from "./current.ts";

const SYNC_TOKEN = "sync_token";
/** Whoever follows the homeserver and dies is followed itself after this time, in milliseconds. */
const LEASE_MS = 4_000;
/** How often it is looked whether another process has reached the homeserver, in milliseconds. */
const LOOK_MS = 500;

export interface AppserviceParts extends ReachParts {
  readonly registration: Registration;
  wake(lane: Lane, whose: string): Promise<void>;
}

export interface Appservice {
  /**
   * Resolves when this process or another one has made the rooms, or when it stops.
   * @throws GuichetError REGISTRATION_UNKNOWN when the homeserver does not know us.
   */
  readonly reached: Promise<void>;
  /** Takes no more transactions, and leaves the homeserver to another process at once. */
  stop(): Promise<void>;
}

/** Listens for the homeserver; follows it and makes its rooms while no other process does. */
export async function serveAppservice(parts: AppserviceParts): Promise<Appservice> {
  const { client, config, database, log, registration, users, wake } = parts;
  const take = async (events: readonly IncomingEvent[]) => {
    for (const { lane, whose } of await addEvents(database.durable, events)) void wake(lane, whose);
  };
  const ping = () => pingAppservice(client, users, registration.id);
  const listener = await listenForHomeserver({
    registration,
    homeserver: config.homeserver,
    bind: config.appservice.bind,
    port: config.appservice.port,
    log,
    take: (events) => take(selectEvents(events, users)),
    onRefused: makeRepeatSoon(ping, log),
  });

  const stopping = new AbortController();
  const reached = Promise.withResolvers<void>();
  const follow = async ({ signal, token }: Held): Promise<void> => {
    const closed = await reachHomeserver(parts, signal);
    if (signal.aborted) return;
    log.info("this process follows the homeserver");
    reached.resolve();
    const following = {
      client,
      log,
      watcher: users.fullId(`${NAMESPACE_PREFIX}watch`),
      ping,
      tell: (isCurrent: boolean) => writeCurrent(database.durable, { lane: HOMESERVER_DUTY, token, signal }, isCurrent),
      async resume() {
        for (const { lane, whose } of await endPostponement(database.relaxed)) void wake(lane, whose);
      },
      catchUp: (how: "all" | "people") =>
        catchUp(
          {
            client,
            users,
            take,
            signal,
            readToken: () => readSetting(database.relaxed, SYNC_TOKEN),
            writeToken: (next) => writeSetting(database.relaxed, SYNC_TOKEN, next),
          },
          how,
        ),
    };
    await Promise.all([openClosedRooms(parts, closed, signal), followHomeserver(following, signal)]);
  };
  const duty = { db: database.relaxed, lane: HOMESERVER_DUTY, leaseMs: LEASE_MS, stop: stopping.signal, log };
  const following = holdLane(duty, async (held) => {
    try {
      await follow(held);
    } catch (error) {
      if (error instanceof GuichetError) reached.reject(error);
      throw error;
    }
  });
  const lookAtOthers = async () => {
    while (!stopping.signal.aborted) {
      if (await readCurrent(database.relaxed, HOMESERVER_DUTY).catch(() => false)) break;
      await Promise.race([reached.promise.catch(() => undefined), pause(LOOK_MS, stopping.signal)]);
    }
    reached.resolve();
  };
  reached.promise.catch(() => undefined);
  void lookAtOthers();
  return {
    reached: reached.promise,
    async stop() {
      stopping.abort();
      await Promise.all([listener.close(), following]);
    },
  };
}
