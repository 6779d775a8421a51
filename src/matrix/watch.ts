import type { Logger } from "pino";
import type { UserId } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import { type HomeserverClient, textOf } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";

/** Below the minute after which proxies usually end a silent request, in milliseconds. */
const POLL_MS = 50_000;
const FIRST_RETRY_MS = 250;
const MOST_RETRY_MS = 5_000;
const NOTHING = JSON.stringify({
  presence: { types: [] },
  account_data: { types: [] },
  room: { rooms: [], account_data: { types: [] } },
});

export interface WatchParts {
  readonly client: HomeserverClient;
  readonly log: Logger;
  /** A user in no room: its long poll wakes for nothing, and ends when the homeserver does. */
  readonly watcher: UserId;
  /** The homeserver does not answer any more. */
  onAway(): void;
  /** The homeserver answers again after it did not. */
  onReturn(): void;
}

/**
 * Notices that a homeserver went away, at the cost of one idle request. A restart loses the events that were queued for
 * us, and nothing else tells of it. Runs until `signal` aborts.
 */
export async function watchHomeserver(parts: WatchParts, signal: AbortSignal): Promise<void> {
  let since: string | undefined;
  let wait = FIRST_RETRY_MS;
  let away = false;
  while (!signal.aborted) {
    try {
      const answer = await poll(parts, since, signal);
      if (away) parts.onReturn();
      since = textOf(answer, "next_batch");
      away = false;
      wait = FIRST_RETRY_MS;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof MatrixError)) parts.log.error({ err: error }, "watch of the homeserver failed");
      else if (!away) parts.log.warn({ code: error.errcode, status: error.status }, "homeserver went away");
      if (!away) parts.onAway();
      away = true;
      since = undefined;
      await pause(wait, signal);
      wait = Math.min(wait * 2, MOST_RETRY_MS);
    }
  }
}

/** Without `since` the answer comes at once: that is how a homeserver that is back is found. */
const poll = ({ client, watcher }: WatchParts, since: string | undefined, signal: AbortSignal) =>
  client.request({
    method: "GET",
    path: "/_matrix/client/v3/sync",
    as: watcher,
    query: { filter: NOTHING, timeout: since ? String(POLL_MS) : "0", ...(since ? { since } : {}) },
    timeoutMs: POLL_MS + 30_000,
    signal,
  });
