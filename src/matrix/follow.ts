import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { UserId } from "../domain/ids.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";
import { watchHomeserver } from "./watch.ts";

/** The safety net under the watch, in milliseconds: a homeserver of many processes can lose events and stay up. */
const EVERY_MS = 5 * 60_000;
/** After a failure, in milliseconds; twice as long after each further one. */
const AGAIN_MS = 5_000;

export interface FollowParts {
  readonly client: HomeserverClient;
  readonly log: Logger;
  readonly watcher: UserId;
  /** Fetches what transactions may have missed. */
  catchUp(): Promise<number>;
  /** Makes the homeserver begin its transactions again at once. */
  ping(): Promise<void>;
}

/** Keeps up with the homeserver through its restarts and ours, until `signal` aborts. */
export async function followHomeserver(parts: FollowParts, signal: AbortSignal): Promise<void> {
  let wanted = new AbortController();
  const net = async () => {
    for (let failures = 0; !signal.aborted; ) {
      // What comes back from here on is missed by the fetch that begins now, at worst, and wanted anew.
      wanted = new AbortController();
      failures = (await fetchMissed(parts, signal)) ? 0 : failures + 1;
      const wait = failures === 0 ? EVERY_MS : Math.min(AGAIN_MS * 2 ** (failures - 1), EVERY_MS);
      await sleep(wait, undefined, { signal: AbortSignal.any([signal, wanted.signal]) }).catch(() => undefined);
    }
  };
  const onReturn = () => wanted.abort();
  await Promise.all([net(), watchHomeserver({ ...parts, onReturn }, signal)]);
}

/** @returns false when it has to be done again. */
async function fetchMissed({ log, catchUp, ping }: FollowParts, signal: AbortSignal): Promise<boolean> {
  let complete = true;
  for (const step of [ping, catchUp]) {
    try {
      const found = await step();
      if (found) log.info({ events: found }, "fetched events that transactions may have missed");
    } catch (error) {
      if (signal.aborted) return false;
      complete = false;
      if (!(error instanceof MatrixError)) log.error({ err: error }, "could not catch up with the homeserver");
      else log.warn({ code: error.errcode, status: error.status }, "could not catch up with the homeserver");
    }
  }
  return complete;
}
