import { duty } from "../domain/ids.ts";
import { readCurrent } from "../store/current.ts";
import type { Database } from "../store/database.ts";

/** Held by the one process of many that follows the homeserver and makes its rooms. */
export const HOMESERVER_DUTY = duty("homeserver");

/** How long events are held back for older ones, in milliseconds. */
const LONGEST_HOLD_MS = 30_000;
/** Whoever has not asked for so long begins to wait anew, in milliseconds. */
const FORGOTTEN_MS = 60_000;

/**
 * @returns what tells whether events may be worked on: not while some may be missing that are older, so that these would
 * be overtaken; but never for long, as a homeserver that does not let anybody catch up must not stop the house.
 */
export function watchCurrent(database: Database): () => Promise<boolean> {
  let behindSince: number | undefined;
  let askedAt = 0;
  return async () => {
    const now = Date.now();
    if (now - askedAt > FORGOTTEN_MS) behindSince = undefined;
    askedAt = now;
    if (await readCurrent(database.relaxed, HOMESERVER_DUTY)) {
      behindSince = undefined;
      return true;
    }
    behindSince ??= now;
    return now - behindSince > LONGEST_HOLD_MS;
  };
}
