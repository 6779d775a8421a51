import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Lane } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import { takeLease } from "./lease.ts";
import type { Schema } from "./schema.ts";

/** How soon a lease that somebody let go is seen, in milliseconds. */
const LOOK_MS = 500;

export interface Held {
  readonly token: string;
  /** Aborts when the lease is lost or the process stops; the work must then end. */
  readonly signal: AbortSignal;
}

export interface HoldOptions {
  readonly db: Kysely<Schema>;
  readonly lane: Lane;
  /** A holder that dies is followed after this time, and until the next look, in milliseconds. */
  readonly leaseMs: number;
  readonly stop: AbortSignal;
  readonly log: Logger;
}

/** Runs `run` while this process holds the lease, again and again until `stop` aborts. */
export async function holdLane(options: HoldOptions, run: (held: Held) => Promise<void>): Promise<void> {
  const { lane, leaseMs, stop, log } = options;
  const asked = { ...options, owner: randomUUID() };
  const rest = () => pause(Math.min(LOOK_MS, leaseMs / 4), stop);
  while (!stop.aborted) {
    const lease = await takeLease(asked).catch((error: unknown) => {
      log.warn({ err: error, lease: lane }, "lease not asked for");
      return undefined;
    });
    if (!lease) {
      await rest();
      continue;
    }
    try {
      await run(lease);
    } catch (error) {
      if (!lease.signal.aborted) log.error({ err: error, lease: lane }, "work under a lease ended with a fault");
    }
    await lease.release();
    if (!lease.signal.aborted) await rest();
  }
}
