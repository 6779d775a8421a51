import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { UserId } from "../domain/ids.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";
import { watchHomeserver } from "./watch.ts";

/** The safety net under the watch, in milliseconds: a homeserver of many processes can lose events and stay up. */
const EVERY_MS = 5 * 60_000;

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
  let running: Promise<void> | undefined;
  const once = () => {
    running ??= fetchMissed(parts, signal).finally(() => {
      running = undefined;
    });
    return running;
  };
  const net = async () => {
    while (!signal.aborted) {
      await once();
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([net(), watchHomeserver({ ...parts, onReturn: once }, signal)]);
}

async function fetchMissed({ log, catchUp, ping }: FollowParts, signal: AbortSignal): Promise<void> {
  for (const step of [ping, catchUp]) {
    try {
      const found = await step();
      if (found) log.info({ events: found }, "fetched events that transactions may have missed");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof MatrixError)) log.error({ err: error }, "could not catch up with the homeserver");
      else log.warn({ code: error.errcode, status: error.status }, "could not catch up with the homeserver");
    }
  }
}
