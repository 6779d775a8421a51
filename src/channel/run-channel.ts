import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Bridge, Health } from "../adapter/index.ts";
import { nextTry } from "../domain/back-off.ts";
import type { ChannelId } from "../domain/ids.ts";
import { pause, untilAborted } from "../domain/pause.ts";
import { guardBridge } from "./guard-bridge.ts";

/** Time that a bridge has to start and to stop, in milliseconds. */
const START_MS = 30_000;
const STOP_MS = 10_000;
/** Until a bridge that failed is built anew, and at most, in milliseconds. */
const FIRST_AGAIN_MS = 2_000;
const LONGEST_AGAIN_MS = 5 * 60_000;

/** What a bridge did that needs a new one of its kind. */
export type BridgeFault = "BRIDGE_BUILD" | "BRIDGE_START" | "BRIDGE_START_SILENT" | "BRIDGE_FAULT";

/**
 * What this process does with a channel: it runs it; or it serves its routes alone, and another process runs it; or it
 * only knows what its bridge knows, as what it can carry.
 */
export type ChannelUse = "run" | "serve" | "know";

export interface ChannelRun {
  /** As the core uses it; undefined while none could be built. */
  bridge(): Bridge | undefined;
  /** Whether the bridge is started and not yet stopped. */
  isOpen(): boolean;
  health(): Health;
  /** The bridge left an error without an owner: it is stopped, and another one is built. */
  blame(error: unknown): void;
  /** Resolves when the first start has ended, well or not. */
  readonly started: Promise<void>;
  /** Safe twice. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface RunOptions {
  readonly channel: ChannelId;
  readonly log: Logger;
  readonly use: ChannelUse;
  /** Builds the bridge, whose leases end when `signal` aborts. */
  build(signal: AbortSignal): Bridge;
  /** The channel receives again: what waited for it can leave. */
  onUp(): void;
  readonly startMs?: number;
  readonly firstAgainMs?: number;
}

/**
 * Keeps a channel running: builds its bridge and starts it, where it is to be started; when it throws, hangs or leaves errors lying about, stops it
 * and builds another one, later each time. What waits for the channel goes on waiting meanwhile.
 */
export function runChannel(options: RunOptions): ChannelRun {
  const { channel, log, onUp, startMs = START_MS, firstAgainMs = FIRST_AGAIN_MS } = options;
  const stopping = new AbortController();
  const unbuilt: Health = { state: "starting", since: new Date() };
  let bridge: Bridge | undefined;
  let isOpen = false;
  let fault: { readonly code: BridgeFault; readonly since: Date } | undefined;
  let failed = new AbortController();
  let failures = 0;

  const fail = (code: BridgeFault, error: unknown) => {
    if (failed.signal.aborted || stopping.signal.aborted) return;
    fault = { code, since: new Date() };
    log.error({ err: error, code, failures }, "the bridge is stopped, and will be built anew");
    failed.abort();
  };

  /** One bridge from its building to its end. */
  const live = async (onStarted: () => void): Promise<void> => {
    failed = new AbortController();
    const ending = AbortSignal.any([stopping.signal, failed.signal]);
    let built: Bridge;
    try {
      built = guardBridge(options.build(ending), { channel, log, isOpen: () => isOpen });
    } catch (error) {
      return fail("BRIDGE_BUILD", error);
    }
    bridge = built;
    try {
      if (options.use === "run" && !(await endsIn(startMs, built.start(ending), ending)))
        fail("BRIDGE_START_SILENT", undefined);
    } catch (error) {
      fail("BRIDGE_START", error);
    }
    if (!ending.aborted) {
      isOpen = true;
      fault = undefined;
      onUp();
    }
    onStarted();
    await untilAborted(ending);
    isOpen = false;
    if (!stopping.signal.aborted && options.use !== "know") await end(built, AbortSignal.timeout(STOP_MS));
  };

  const end = async (ended: Bridge, deadline: AbortSignal) => {
    try {
      if (!(await endsIn(STOP_MS, ended.stop(deadline), deadline)))
        log.warn({ code: "BRIDGE_STOP_SILENT" }, "the bridge did not stop in time and is left alone");
    } catch (error) {
      log.error({ err: error, code: "BRIDGE_STOP" }, "the bridge broke its contract in stop");
    }
  };

  let reportStarted: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    reportStarted = resolve;
  });
  const keepRunning = async () => {
    while (!stopping.signal.aborted) {
      const began = Date.now();
      await live(reportStarted);
      reportStarted();
      // A bridge that ran well for long begins anew with its failures, too.
      failures = Date.now() - began > LONGEST_AGAIN_MS ? 1 : failures + 1;
      const at = nextTry(new Date(), failures, { firstMs: firstAgainMs, mostMs: LONGEST_AGAIN_MS });
      const wait = Math.max(0, at.getTime() - Date.now());
      await pause(wait, stopping.signal);
    }
  };
  const running = keepRunning();
  let stopped: Promise<void> | undefined;
  return {
    bridge: () => bridge,
    isOpen: () => isOpen,
    health: () =>
      fault ? { state: "degraded", since: fault.since, reason: fault.code } : (bridge?.health() ?? unbuilt),
    blame: (error) => fail("BRIDGE_FAULT", error),
    started,
    stop(deadline) {
      stopped ??= (async () => {
        stopping.abort();
        await running;
        if (bridge && options.use !== "know") await end(bridge, deadline);
      })();
      return stopped;
    },
  };
}

/** @returns false when `work` has not ended in time, or when `signal` aborts before; what it does later concerns nobody. */
async function endsIn(ms: number, work: Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  work.catch(() => undefined);
  const ended = new AbortController();
  const late = sleep(ms, false, { signal: AbortSignal.any([signal, ended.signal]) }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    ended.abort();
  }
}
