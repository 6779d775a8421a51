import type { Logger } from "pino";
import type { Lane } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import type { HomeserverClient } from "../matrix/homeserver-client.ts";
import type { OurUsers } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import type { Database } from "../store/database.ts";
import { markLeft } from "../store/ghost.ts";
import { type Lease, takeLease } from "../store/lease.ts";
import {
  findQuietGhosts,
  hasWaiting,
  markLeaving,
  type QuietGhost,
  readLastWord,
  readWaysOf,
  setQuietSince,
} from "../store/quiet-ghost.ts";

export interface LeavingParts {
  readonly database: Database;
  readonly client: HomeserverClient;
  readonly users: OurUsers;
  readonly log: Logger;
  /** This process among all, as a UUID. */
  readonly owner: string;
  /** The channels of a bridge's type. */
  channelsOfType(type: string): readonly string[];
  /** The lane of what comes from an address on a channel. */
  arrivalsOf(channel: string, address: string): Lane;
}

/** A round: between two of them it is looked whether a room is full. */
const AT_ONCE = 10;
/** One leave costs the homeserver what some messages cost: 86,000 a day are enough for the largest agency. */
const PACE_MS = 1_000;
/** As long as a killed process may hold up a citizen's mail; it is renewed while the homeserver takes its time. */
const LEASE_MS = 6_000;

/**
 * Makes ghosts leave agency rooms whose conversations there have been quiet since `before`, one after the other and one
 * a second. @returns how many have left.
 * @throws MatrixError when the homeserver is away or wants fewer requests.
 */
export async function leaveQuiet(parts: LeavingParts, before: Date, signal: AbortSignal): Promise<number> {
  let left = 0;
  for (const ghost of await findQuietGhosts(parts.database.relaxed, before, AT_ONCE)) {
    if (signal.aborted) break;
    if (!(await alone(parts, ghost, signal, (lanes) => leave(parts, ghost, before, lanes)))) continue;
    left += 1;
    await pause(PACE_MS, signal);
  }
  return left;
}

/**
 * Does something while nothing of a ghost's citizen is being posted, by whichever process: under the leases of all lanes
 * that its arrivals can come by. @returns false when somebody works on one of them.
 */
async function alone(
  { database, owner, log, channelsOfType, arrivalsOf }: LeavingParts,
  ghost: QuietGhost,
  stop: AbortSignal,
  act: (lanes: readonly Lane[]) => Promise<boolean>,
): Promise<boolean> {
  const own = channelsOfType(ghost.channelType).map((channel) => ({ channel, address: ghost.address }));
  const ways = [...own, ...(await readWaysOf(database.relaxed, ghost))];
  const lanes = [...new Set(ways.map(({ channel, address }) => arrivalsOf(channel, address)))];
  const leases: Lease[] = [];
  try {
    for (const lane of lanes) {
      const lease = await takeLease({ db: database.relaxed, lane, owner, leaseMs: LEASE_MS, stop, log });
      if (!lease) return false;
      leases.push(lease);
    }
    return await act(lanes);
  } finally {
    for (const lease of leases) await lease.release();
  }
}

async function leave(parts: LeavingParts, ghost: QuietGhost, before: Date, lanes: readonly Lane[]): Promise<boolean> {
  const { database, client, users } = parts;
  const { localpart, room, displayName } = ghost;
  const last = await readLastWord(database.relaxed, ghost);
  const isQuiet = last === undefined || last < before;
  const waits = isQuiet && (await hasWaiting(database.relaxed, ghost, lanes));
  if (!isQuiet || waits) {
    await setQuietSince(database.relaxed, ghost, waits ? new Date() : (last ?? new Date()));
    return false;
  }
  await markLeaving(database.durable, ghost);
  const user = users.fullId(localpart);
  try {
    // With the name: clients show it above what the ghost has said before.
    const content = { membership: "leave", displayname: displayName };
    await client.setState(room, "m.room.member", user, content, user);
  } catch (error) {
    // It was out already: removed by a person, or by an attempt before a crash.
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
  }
  await markLeft(database.relaxed, localpart, room);
  return true;
}
