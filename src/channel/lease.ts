import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import { type ChannelId, leaseLane } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import type { Database } from "../store/database.ts";
import { takeLease } from "../store/lease.ts";

/** A holder that dies is followed after this time, and until the next look, in milliseconds. */
const LEASE_MS = 6_000;
const LOOK_MS = 1_000;

export interface LeaseParts {
  readonly database: Database;
  readonly channel: ChannelId;
  readonly log: Logger;
  readonly stop: AbortSignal;
  readonly leaseMs?: number;
}

/** Runs `run` while this process holds the lease, again and again until the core stops. */
export async function holdLease(
  { database, channel, log, stop, leaseMs = LEASE_MS }: LeaseParts,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const asked = { db: database.relaxed, lane: leaseLane(channel, name), owner: randomUUID(), leaseMs, stop, log };
  const rest = () => pause(Math.min(LOOK_MS, leaseMs / 4), stop);
  while (!stop.aborted) {
    const lease = await takeLease(asked).catch((error: unknown) => {
      log.warn({ err: error, lease: name }, "lease not asked for");
      return undefined;
    });
    if (!lease) {
      await rest();
      continue;
    }
    try {
      await run(lease.signal);
    } catch (error) {
      if (!lease.signal.aborted) log.error({ err: error, lease: name }, "work under a lease ended with a fault");
    }
    await lease.release();
    if (!lease.signal.aborted) await rest();
  }
}
