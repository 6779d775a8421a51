import { duty } from "../domain/ids.ts";
import { pause } from "../domain/pause.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { countGhosts } from "../store/agency-room.ts";
import { takeLease } from "../store/lease.ts";
import type { Agency } from "./agencies.ts";
import { type LeavingParts, leaveQuiet } from "./leave-quiet.ts";
import { beginSuccessor, closeEmptied, finishSuccessor, type RollOverParts } from "./roll-over.ts";

export type KeeperParts = RollOverParts & LeavingParts;

/** How often rooms are looked at, in milliseconds; a keeper that dies is followed after the lease. */
const LOOK_MS = 10_000;
const LEASE_MS = 30_000;
const DAY_MS = 24 * 60 * 60_000;

/** Keeps agency rooms small until `signal` aborts: one process of many does it, and all hear of what it did. */
export async function keepRooms(parts: KeeperParts, signal: AbortSignal): Promise<void> {
  const { database, owner, log, agencies } = parts;
  const asked = { db: database.relaxed, lane: duty("rooms"), owner, leaseMs: LEASE_MS, stop: signal, log };
  const refused = new Map<string, string>();
  while (!signal.aborted) {
    let rest = LOOK_MS;
    try {
      // Another process may have moved an agency on to its next room.
      await agencies.refresh();
      const lease = await takeLease(asked);
      const left = lease && (await keep(parts, lease.signal, refused).finally(() => lease.release()));
      // Each leave had its pause.
      if (left) rest = 0;
    } catch (error) {
      if (error instanceof MatrixError) {
        log.warn({ code: error.errcode, status: error.status }, "agency rooms are looked after later");
        rest = Math.max(rest, error.retryAfterMs ?? 0);
      } else log.error({ err: error }, "agency rooms could not be looked after");
    }
    await pause(rest, signal);
  }
}

/**
 * One round. @param refused what each agency's homeserver refused last, so that it is told once.
 * @returns how many ghosts have left. @throws MatrixError when the homeserver is away.
 */
export async function keep(
  parts: KeeperParts,
  signal: AbortSignal,
  refused: Map<string, string> = new Map(),
): Promise<number> {
  const { config, agencies, log } = parts;
  for (const { id } of config.agencies.values()) {
    if (signal.aborted) return 0;
    try {
      await keepAgency(parts, agencies.get(id));
      refused.delete(id);
    } catch (error) {
      if (!(error instanceof MatrixError && error.isRefusal)) throw error;
      if (refused.get(id) !== error.errcode) log.warn({ agency: id, code: error.errcode }, REFUSED);
      refused.set(id, error.errcode);
    }
  }
  return leaveQuiet(parts, new Date(Date.now() - config.rooms.quietDays * DAY_MS), signal);
}

async function keepAgency(parts: KeeperParts, agency: Agency | undefined): Promise<void> {
  if (!agency?.room) return;
  const { database, config } = parts;
  await finishSuccessor(parts, agency);
  const room = parts.agencies.get(agency.id)?.room ?? agency.room;
  const { ghosts, members } = await countGhosts(database.relaxed, room);
  const isFull = ghosts >= config.rooms.mostGhosts || members >= config.rooms.mostMembers;
  if (isFull) await beginSuccessor(parts, agency, room);
  await closeEmptied(parts, parts.agencies.get(agency.id) ?? agency);
}

const REFUSED =
  "a full agency room cannot be followed by a new one now: the homeserver refuses it, and new conversations go on in the full one";
