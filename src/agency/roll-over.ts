import { createHmac, type KeyObject } from "node:crypto";
import { linkToRoom } from "../conversation/permalink.ts";
import { base32 } from "../conversation/token.ts";
import { sayInRoom } from "../desk/say.ts";
import type { RoomId } from "../domain/ids.ts";
import { moveAlias } from "../matrix/alias.ts";
import { NAMESPACE_PREFIX } from "../matrix/identity.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { listInSpace } from "../matrix/space.ts";
import { isAllowed } from "../matrix/staff-room.ts";
import { claimSuccessor, closeRoom, furnishSuccessor, presentSuccessor } from "../matrix/successor-room.ts";
import { makeRoomCurrent } from "../store/agency-room.ts";
import { moveRoom } from "../store/portal-room.ts";
import {
  type FullRoom,
  findEmptied,
  findRolling,
  keepSuccessor,
  markClosed,
  markEmptied,
  markRolled,
} from "../store/roll-over.ts";
import type { Agencies, Agency } from "./agencies.ts";
import { describeAgencyRoom, type RoomParts } from "./provide-rooms.ts";

export interface RollOverParts extends RoomParts {
  readonly agencies: Agencies;
  /** Key of the hash that names rooms. */
  readonly portalKey: KeyObject;
}

/**
 * Makes a full agency room's successor: from then on new conversations begin there, and those of the old room go on where
 * they are. Every step may be repeated, at any time and by several processes at once: the successor's alias is made of the
 * old room's id, so there is one.
 * @throws MatrixError
 */
export async function beginSuccessor(parts: RollOverParts, agency: Agency, room: RoomId): Promise<void> {
  const { client, users, database, portalKey } = parts;
  const name = createHmac("sha256", portalKey)
    .update(JSON.stringify(["successor", room]))
    .digest();
  const successor = await claimSuccessor(client, users, {
    ...describeAgencyRoom(parts.config, agency.configured),
    alias: `#${NAMESPACE_PREFIX}${base32(name).slice(0, 32)}:${users.domain}`,
    before: room,
  });
  await keepSuccessor(database.durable, { agency: agency.id, room, successor });
  await finishSuccessor(parts, agency);
}

/** Goes on with a successor that was made, after a crash too, until it stands in the old room's place. @throws MatrixError */
export async function finishSuccessor(parts: RollOverParts, agency: Agency): Promise<void> {
  const { client, users, database, log } = parts;
  const full = await findRolling(database.relaxed, agency.id);
  if (!full) return;
  const { room: before, successor: room } = full;
  const { room: alias, agents } = agency.configured;
  await furnishSuccessor(client, users, { before, room, agents });
  // Before the alias moves: whoever finds it free meanwhile gives it to the current room.
  await makeRoomCurrent(database.durable, agency.id, room);
  await parts.agencies.refresh();
  const moved = await isAllowed(() => moveAlias(client, users, alias, room));
  const presented = await presentSuccessor(client, users, { before, room, alias });
  if (agency.space) await listInSpace(client, users, agency.space, { room });
  if (!moved || !presented) log.warn({ agency: agency.id, room, moved, presented }, HALF_PRESENTED);
  await tell(parts, agency, full);
  await markRolled(database.durable, before);
  log.info({ agency: agency.id, room: before, successor: room }, "a full agency room is followed by a new one");
}

async function tell(parts: RollOverParts, agency: Agency, { room, successor }: FullRoom): Promise<void> {
  const text = agency.texts.roomFull(linkToRoom(successor, parts.users.domain));
  try {
    await sayInRoom(parts, room, text, ["successor", successor]);
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
    parts.log.warn({ agency: agency.id, code: error.errcode }, "a full room could not be told of its successor");
  }
}

/**
 * Closes an agency's full rooms that the last ghost has left: what comes back begins again in the current room. Between
 * both steps lies at least one round, in which a message that was on its way into the room brings its ghost there.
 * @throws MatrixError
 */
export async function closeEmptied(parts: RollOverParts, agency: Agency): Promise<void> {
  const { client, users, database, log } = parts;
  const { room: current } = agency;
  if (!current) return;
  for (const { room, successor, emptiedAt } of await findEmptied(database.relaxed, agency.id)) {
    if (emptiedAt && Date.now() - emptiedAt.getTime() < ON_ITS_WAY_MS) continue;
    // Both times: what was on its way may have begun a conversation here.
    await moveRoom(database.durable, room, current);
    if (!emptiedAt) {
      await markEmptied(database.durable, room);
      continue;
    }
    const closed = await closeRoom(client, users, { room, successor, words: agency.texts.roomClosed });
    if (agency.space) await listInSpace(client, users, agency.space, { room: current, instead: room });
    await markClosed(database.durable, room);
    log.info({ agency: agency.id, room, successor, closed }, "a full agency room that has gone quiet is closed");
  }
}

/** Longer than an attempt to post a message can take, in milliseconds. */
const ON_ITS_WAY_MS = 5 * 60_000;

const HALF_PRESENTED =
  "a full agency room is followed by a new one, but the alias or the directory still shows the old one: give the bot the power to change them there, or move the alias yourself";
