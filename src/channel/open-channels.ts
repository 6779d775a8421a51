import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Bridge, BridgeHost, Health, Inbox } from "../adapter/index.ts";
import type { Config, ConfiguredChannel } from "../config/config.ts";
import { type ChannelId, channelId, type Lane } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import { forgetStates, readSwitches, resumeChannel, writeStates } from "../store/channel.ts";
import type { Database } from "../store/database.ts";
import { openNotes } from "../store/note.ts";
import { clearShelves, openShelf } from "../store/shelf.ts";
import { catchStrays, runFor, runForCore } from "./blame.ts";
import { type GuardedRoutes, guardRoutes, type RouteFound } from "./guard-routes.ts";
import { holdLease } from "./lease.ts";
import { limitInbox } from "./limit-inbox.ts";
import { type ChannelRun, type ChannelUse, runChannel } from "./run-channel.ts";

/** Time that a channel has to end what it is doing, in milliseconds. */
const STOP_MS = 10_000;
/** How soon a switch is obeyed, and how often channels say how they are, in milliseconds. */
const LOOK_MS = 2_000;
/** How often shelves are cleared of what is past its time, in milliseconds. */
const CLEAR_MS = 60_000;

export interface ChannelParts {
  readonly database: Database;
  readonly log: Logger;
  readonly use: ChannelUse;
  wake(lane: Lane, whose: string): Promise<void>;
  /** Whether a channel has so many arrivals that others, who have some now and then, would feel it. */
  crowds(channel: ChannelId): boolean;
  /** @param isOwn whether an address is one that a channel of ours writes from. */
  inboxFor(channel: ConfiguredChannel, isOwn: (address: string) => boolean): Inbox;
}

/** All channels: each runs behind a wall of its own, and is switched on and off while the others go on. */
export interface Channels {
  configured(name: string): ConfiguredChannel | undefined;
  all(): readonly ConfiguredChannel[];
  /** The bridge of a channel that is switched on. */
  bridge(name: string): Bridge | undefined;
  /** What a channel's bridge has for a request. @param path below the channel's prefix. */
  route(name: string, method: string, path: string): RouteFound;
  /** Resolves when every channel that is switched on has been started, well or not. */
  start(): Promise<void>;
  /** Takes over the channels of a file that was read again: those that changed are built anew, the others go on. */
  reread(config: Config): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  readonly configured: ConfiguredChannel;
  readonly run: ChannelRun;
  readonly routes: GuardedRoutes;
}

export function openChannels(first: Config, parts: ChannelParts): Channels {
  const { database } = parts;
  const isRunning = parts.use === "run";
  const process = randomUUID();
  const stop = new AbortController();
  const running = new Map<ChannelId, Running>();
  let config = first;
  let switches: ReadonlyMap<string, boolean> = new Map();

  const isOwn = (address: string) =>
    [...running.values()].some(({ run }) => run.bridge()?.addresses?.includes(address) === true);
  const isOn = ({ name, enabled }: ConfiguredChannel) => switches.get(name) ?? enabled;
  const resume = async (channel: ChannelId) => {
    for (const { lane, whose } of await resumeChannel(database.relaxed, channel)) await parts.wake(lane, whose);
  };

  function begin(configured: ConfiguredChannel): Running {
    const { name } = configured;
    const log = parts.log.child({ channel: name });
    const inbox = limitInbox(parts.inboxFor(configured, isOwn), { crowds: () => parts.crowds(name) });
    const notes = openNotes(database.durable, name);
    const shelf = openShelf(database, name);
    const routes = guardRoutes({ channel: name, log });
    const publicUrl = config.public && `${config.public.url}/${name}`;
    const hostUntil = (signal: AbortSignal): BridgeHost => ({
      channel: name,
      languages: config.agencies.get(configured.agency)?.languages ?? [],
      agencyNames: config.agencies.get(configured.agency)?.names ?? new Map([["en", configured.agency]]),
      inbox,
      log,
      now: () => new Date(),
      notes: {
        get: (key) => runForCore(() => notes.get(key)),
        set: (key, value) => runForCore(() => notes.set(key, value)),
      },
      shelf: {
        put: (entry) => runForCore(() => shelf.put(entry)),
        list: (place) => runForCore(() => shelf.list(place)),
        open: (place, key, file) => runForCore(() => shelf.open(place, key, file)),
      },
      ...(publicUrl === undefined ? {} : { publicUrl }),
      routes: routes.renew(),
      lease: (lease, run) =>
        runForCore(() =>
          holdLease({ database, channel: name, log, stop: signal }, lease, (held) =>
            runFor(name, async () => run(held)),
          ),
        ),
    });
    const run = runChannel({
      channel: name,
      log,
      use: parts.use,
      build: (signal) => runFor(name, () => configured.build(hostUntil(signal))),
      onUp: () =>
        void resume(name).catch((error: unknown) => log.warn({ err: error }, "what waited for the channel waits on")),
    });
    return { configured, run, routes };
  }

  const end = async (name: ChannelId, { run }: Running) => {
    // Left in its place until it has ended: what leaves meanwhile is told to wait.
    await run.stop(AbortSignal.timeout(STOP_MS));
    running.delete(name);
  };

  /** Ends what is off, gone or changed, and begins what is on. */
  async function settle(): Promise<void> {
    const isRight = ({ configured }: Running) => {
      const wanted = config.channels.get(configured.name);
      return wanted !== undefined && isOn(wanted) && wanted.fingerprint === configured.fingerprint;
    };
    const wrong = [...running].filter(([, each]) => !isRight(each));
    await Promise.all(wrong.map(([name, each]) => end(name, each)));
    if (stop.signal.aborted) return;
    const missing = [...config.channels.values()].filter((each) => isOn(each) && !running.has(each.name));
    for (const each of missing) running.set(each.name, begin(each));
  }
  const started = async () => {
    await Promise.all([...running.values()].map(({ run }) => run.started));
  };
  // One after the other: a switch and a file may change at once.
  let settling: Promise<void> = Promise.resolve();
  const settleNext = () => {
    settling = settling.then(settle, settle);
    return settling;
  };

  /** When channels were first seen to be off. */
  const offSince = new Map<ChannelId, Date>();
  const healthOf = (name: ChannelId): Health => {
    const run = running.get(name)?.run;
    if (run) {
      offSince.delete(name);
      return run.health();
    }
    const since = offSince.get(name) ?? new Date();
    offSince.set(name, since);
    return { state: "stopped", since, reason: "SWITCHED_OFF" };
  };
  async function look(): Promise<void> {
    switches = await readSwitches(database.relaxed);
    const states = [...config.channels.keys()].map((channel) => {
      const { state, since, reason } = healthOf(channel);
      return { channel, state, since, reason };
    });
    if (isRunning) await writeStates(database.relaxed, process, states);
    await settleNext();
    if (!isRunning || Date.now() - clearedAt < CLEAR_MS) return;
    clearedAt = Date.now();
    await clearShelves(database.relaxed);
  }
  async function keepLooking(): Promise<void> {
    while (!stop.signal.aborted) {
      await pause(LOOK_MS, stop.signal);
      if (stop.signal.aborted) return;
      await look().catch((error: unknown) => parts.log.warn({ err: error }, "switches of channels not read"));
    }
  }

  let clearedAt = 0;
  let forgetStrays = () => {};
  let looking: Promise<void> = Promise.resolve();
  return {
    configured: (name) => config.channels.get(channelId(name)),
    all: () => [...config.channels.values()],
    bridge: (name) => running.get(channelId(name))?.run.bridge(),
    route(name, method, path) {
      const id = channelId(name);
      if (!config.channels.has(id)) return { is: "nothing" };
      const { run, routes } = running.get(id) ?? {};
      return run?.isOpen() && routes ? routes.find(method, path) : { is: "closed" };
    },
    async start() {
      forgetStrays = catchStrays((channel, error) => running.get(channel)?.run.blame(error));
      switches = await readSwitches(database.relaxed);
      await settleNext();
      looking = keepLooking();
      await started();
    },
    async reread(next) {
      config = next;
      await settleNext();
      await started();
    },
    async stop() {
      stop.abort();
      await Promise.all([looking, settling, ...[...running].map(([name, each]) => end(name, each))]);
      forgetStrays();
      await forgetStates(database.relaxed, process).catch(() => undefined);
    },
  };
}
