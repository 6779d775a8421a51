import type { Logger } from "pino";
import type { UserId } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import type { Thoroughness } from "./catch-up.ts";
import type { HomeserverClient } from "./homeserver-client.ts";
import { MatrixError } from "./matrix-error.ts";
import { watchHomeserver } from "./watch.ts";

/** The safety net under the watch, in milliseconds: a homeserver of many processes can lose events and stay up. */
const EVERY_MS = 5 * 60_000;
/** After a failure, in milliseconds; twice as long after each further one. */
const AGAIN_MS = 1_000;

export interface FollowParts {
  readonly client: HomeserverClient;
  readonly log: Logger;
  readonly watcher: UserId;
  /** Fetches what transactions may have missed. */
  catchUp(how: Thoroughness): Promise<number>;
  /** Makes the homeserver begin its transactions again at once. */
  ping(): Promise<void>;
  /** Takes up what waited for the homeserver. */
  resume(): Promise<void>;
  /** Tells those who work on events whether some may be missing that are older than those we have. */
  tell(isCurrent: boolean): Promise<void>;
}

/** Keeps up with the homeserver through its restarts and ours, until `signal` aborts. */
export async function followHomeserver(parts: FollowParts, signal: AbortSignal): Promise<void> {
  let isBehind = true;
  let wanted = new AbortController();
  // One after the other, or the older word might stay.
  let telling: Promise<unknown> = Promise.resolve();
  const tell = () => {
    telling = telling.then(() => succeeds(parts, () => parts.tell(!isBehind), signal));
    return telling;
  };
  const net = async () => {
    for (let failures = 0; !signal.aborted; ) {
      // Who comes back from here on is not seen by the fetch that begins now, and wants another one.
      wanted = new AbortController();
      const how = isBehind ? "all" : "people";
      const caughtUp = await succeeds(parts, () => parts.catchUp(how), signal);
      if (caughtUp && !wanted.signal.aborted) isBehind = false;
      await tell();
      // Last, as it brings transactions, whose events are newer.
      const pinged = await succeeds(parts, parts.ping, signal);
      if (caughtUp) await succeeds(parts, parts.resume, signal);
      failures = caughtUp && pinged ? 0 : failures + 1;
      const wait = failures === 0 ? EVERY_MS : Math.min(AGAIN_MS * 2 ** (failures - 1), EVERY_MS);
      await pause(wait, AbortSignal.any([signal, wanted.signal]));
      // However long it was away: one that is back and not ready yet is asked again within seconds.
      if (wanted.signal.aborted) failures = 0;
    }
  };
  const fallBehind = () => {
    isBehind = true;
    void tell();
  };
  const watch = {
    ...parts,
    onAway: fallBehind,
    onReturn: () => {
      fallBehind();
      wanted.abort();
    },
  };
  await Promise.all([net(), watchHomeserver(watch, signal)]);
}

async function succeeds({ log }: FollowParts, step: () => Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  try {
    const found = await step();
    if (typeof found === "number" && found > 0)
      log.info({ events: found }, "fetched events that transactions may have missed");
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    if (!(error instanceof MatrixError)) log.error({ err: error }, "could not catch up with the homeserver");
    else log.warn({ code: error.errcode, status: error.status }, "could not catch up with the homeserver");
    return false;
  }
}
