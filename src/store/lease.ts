import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Lane } from "../domain/ids.ts";
import { acquireLane, releaseLane, renewLane } from "./lane.ts";
import type { Schema } from "./schema.ts";

export interface Lease {
  readonly token: string;
  /** Aborts when the lease is another's, must have run out while the store was silent, or `stop` aborts. */
  readonly signal: AbortSignal;
  release(): Promise<void>;
}

export interface LeaseOptions {
  readonly db: Kysely<Schema>;
  readonly lane: Lane;
  /** The asker among all, as a UUID: for operators who look who holds a lane. */
  readonly owner: string;
  /** How long the lease outlives its last renewal, in milliseconds. It is renewed in a third of this. */
  readonly leaseMs: number;
  readonly stop: AbortSignal;
  readonly log: Logger;
}

/** Takes a lane and keeps it until `release`. @returns undefined while it is held, be it by another or by this owner. */
export async function takeLease({ db, lane, owner, leaseMs, stop, log }: LeaseOptions): Promise<Lease | undefined> {
  let asked = Date.now();
  const token = await acquireLane(db, lane, owner, leaseMs);
  if (token === undefined) return undefined;

  // Not AbortSignal.any: with a listener it would hang on `stop` for as long as the process lives.
  const ended = new AbortController();
  const end = () => ended.abort();
  if (stop.aborted) end();
  stop.addEventListener("abort", end, { once: true });
  // Counted from before the asking, so that we let go before anybody else can begin.
  const runOutAfter = () => setTimeout(end, Math.max(0, asked + leaseMs - Date.now()));
  let runOut = runOutAfter();
  let asking = false;
  let released = false;
  const renew = async () => {
    if (asking || ended.signal.aborted) return;
    asking = true;
    const now = Date.now();
    try {
      if (!(await renewLane(db, lane, token, leaseMs))) return end();
      asked = now;
      clearTimeout(runOut);
      if (!released) runOut = runOutAfter();
    } catch (error) {
      // A store that is silent says nothing about the lease, until the lease must have run out.
      log.warn({ err: error, lane }, "lease not renewed");
    } finally {
      asking = false;
    }
  };
  const renewing = setInterval(() => void renew(), leaseMs / 3);
  return {
    token,
    signal: ended.signal,
    async release() {
      released = true;
      clearInterval(renewing);
      clearTimeout(runOut);
      stop.removeEventListener("abort", end);
      await releaseLane(db, lane, token).catch((error: unknown) =>
        log.warn({ err: error, lane }, "lease not released; it runs out"),
      );
    },
  };
}
