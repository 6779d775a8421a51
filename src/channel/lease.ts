import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type ChannelId, leaseLane } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { acquireLane, releaseLane, renewLane } from "../store/lane.ts";

/** A holder that dies is followed after this time at the latest, in milliseconds. */
const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
const ASK_AGAIN_MS = 1_000;

export interface LeaseParts {
  readonly database: Database;
  readonly channel: ChannelId;
  readonly log: Logger;
  readonly stop: AbortSignal;
}

/** Runs `run` while this process holds the lease, again and again until the core stops. */
export async function holdLease(
  { database, channel, log, stop }: LeaseParts,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lane = leaseLane(channel, name);
  const owner = randomUUID();
  const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined);
  while (!stop.aborted) {
    const token = await acquireLane(database.relaxed, lane, owner, LEASE_MS).catch(() => undefined);
    if (token === undefined) {
      await pause(ASK_AGAIN_MS, stop);
      continue;
    }
    const lost = new AbortController();
    const signal = AbortSignal.any([stop, lost.signal]);
    const keeping = keep();
    try {
      await run(signal);
    } catch (error) {
      if (!signal.aborted) log.error({ err: error, lease: name }, "work under a lease ended with a fault");
    }
    const ended = signal.aborted;
    lost.abort();
    await keeping;
    await releaseLane(database.relaxed, lane, token).catch(() => undefined);
    if (!ended) await pause(ASK_AGAIN_MS, stop);

    async function keep(): Promise<void> {
      for (let sure = Date.now(); !signal.aborted; ) {
        await pause(RENEW_MS, signal);
        if (signal.aborted || token === undefined) return;
        const renewed = await renewLane(database.relaxed, lane, token, LEASE_MS).catch(() => undefined);
        if (renewed) sure = Date.now();
        // A store that is silent says nothing about the lease, until the lease must have run out.
        if (renewed === false || Date.now() - sure > LEASE_MS - RENEW_MS) lost.abort();
      }
    }
  }
}
