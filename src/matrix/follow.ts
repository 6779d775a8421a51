import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { UserId } from "../domain/ids.ts";
import type { Gate } from "./gate.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";
import { watchHomeserver } from "./watch.ts";

/** The safety net under the watch, in milliseconds: a homeserver of many processes can lose events and stay up. */
const EVERY_MS = 5 * 60_000;

export interface FollowParts {
  readonly client: HomeserverClient;
  readonly log: Logger;
  readonly watcher: UserId;
  /** Closed while what transactions may have missed is not fetched. */
  readonly gate: Gate;
  /** Fetches what transactions may have missed. */
  catchUp(): Promise<number>;
  /** Makes the homeserver begin its transactions again at once. */
  ping(): Promise<void>;
  /** Takes up what waited for the homeserver. */
  resume(): Promise<void>;
}

/** Keeps up with the homeserver through its restarts and ours, until `signal` aborts. */
export async function followHomeserver(parts: FollowParts, signal: AbortSignal): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  // One that began before the homeserver went away has not seen what came after.
  const fetchAnew = () => {
    last = last.then(
      () => fetchMissed(parts),
      () => fetchMissed(parts),
    );
    return last;
  };
  const net = async () => {
    while (!signal.aborted) {
      await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await fetchAnew().catch(() => undefined);
    }
  };
  await Promise.all([net(), watchHomeserver({ ...parts, onAway: parts.gate.close, onReturn: fetchAnew }, signal)]);
}

/** @throws MatrixError when the homeserver is away again: it is caught up with when it returns. */
async function fetchMissed({ log, gate, catchUp, ping, resume }: FollowParts): Promise<void> {
  for (const step of [ping, catchUp, resume]) {
    try {
      const found = await step();
      if (found) log.info({ events: found }, "fetched events that transactions may have missed");
    } catch (error) {
      if (!(error instanceof MatrixError)) log.error({ err: error }, "could not catch up with the homeserver");
      else log.warn({ code: error.errcode, status: error.status }, "could not catch up with the homeserver");
      if (step === catchUp && error instanceof MatrixError && error.isUnreachable) throw error;
    }
  }
  // Also after a failure of another kind, which must not keep all transactions out.
  gate.open();
}
