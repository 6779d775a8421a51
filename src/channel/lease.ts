import type { Logger } from "pino";
import { type ChannelId, leaseLane } from "../domain/ids.ts";
import type { Database } from "../store/database.ts";
import { holdLane } from "../store/hold-lease.ts";

/** A holder that dies is followed after this time, and until the next look, in milliseconds. */
const LEASE_MS = 6_000;

export interface LeaseParts {
  readonly database: Database;
  readonly channel: ChannelId;
  readonly log: Logger;
  readonly stop: AbortSignal;
  readonly leaseMs?: number;
}

/** Runs `run` while this process holds the channel's lease, again and again until the core stops. */
export async function holdLease(
  { database, channel, log, stop, leaseMs = LEASE_MS }: LeaseParts,
  name: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await holdLane({ db: database.relaxed, lane: leaseLane(channel, name), leaseMs, stop, log }, ({ signal }) =>
    run(signal),
  );
}
