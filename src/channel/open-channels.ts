import type { Logger } from "pino";
import type { Bridge, Inbox } from "../adapter/index.ts";
import type { Config, ConfiguredChannel } from "../config/config.ts";
import type { ChannelId } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { openNotes } from "../store/note.ts";
import { holdLease } from "./lease.ts";

/** Time that a channel has to end what it is doing, in milliseconds. */
const STOP_MS = 10_000;

export interface ChannelParts {
  readonly database: Database;
  readonly log: Logger;
  /** @param isOwn whether an address is one that a channel of ours writes from. */
  inboxFor(channel: ConfiguredChannel, isOwn: (address: string) => boolean): Inbox;
}

export interface Channels {
  bridge(name: string): Bridge | undefined;
  /** Resolves when every channel receives. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Builds every configured channel; none is connected before `start`. */
export function openChannels(config: Config, parts: ChannelParts): Channels {
  const stop = new AbortController();
  const bridges = new Map<ChannelId, Bridge>();
  const isOwn = (address: string) => [...bridges.values()].some(({ addresses }) => addresses?.includes(address));
  for (const channel of config.channels.values()) {
    const log = parts.log.child({ channel: channel.name });
    const lease = { database: parts.database, channel: channel.name, log, stop: stop.signal };
    bridges.set(
      channel.name,
      channel.build({
        channel: channel.name,
        languages: config.agencies.get(channel.agency)?.languages ?? [],
        inbox: parts.inboxFor(channel, isOwn),
        log,
        now: () => new Date(),
        notes: openNotes(parts.database.durable, channel.name),
        lease: (name, run) => holdLease(lease, name, run),
      }),
    );
  }
  const byName: ReadonlyMap<string, Bridge> = bridges;
  return {
    bridge: (name) => byName.get(name),
    async start() {
      await Promise.all([...bridges.values()].map((bridge) => bridge.start(stop.signal)));
    },
    async stop() {
      stop.abort();
      const deadline = AbortSignal.timeout(STOP_MS);
      await Promise.allSettled([...bridges.values()].map((bridge) => bridge.stop(deadline)));
    },
  };
}
