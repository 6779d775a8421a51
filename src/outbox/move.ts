import { sayBeside } from "../desk/say.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { HOLD_LIMIT_MS } from "./holds.ts";
import { type Context, settle } from "./intake.ts";

/** A homeserver tells of a tombstone before the new room can be entered, in milliseconds. */
const DOOR_OPENS_MS = 30_000;

/**
 * Follows a room to the one that has replaced it. Where the bot is not let in, agents are told; the next message of a
 * citizen tries again.
 */
export async function takeMove(context: Context): Promise<undefined> {
  const { parts, fence, room, event, rules, receivedAt } = context;
  try {
    return settle(context, (await parts.follow(room)) ? "moved" : "not-replaced", undefined);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const patience = error.isRefusal ? DOOR_OPENS_MS : HOLD_LIMIT_MS;
    if (Date.now() - receivedAt.getTime() < patience) throw error;
    parts.log.warn({ lane: fence.lane, code: error.errcode, status: error.status }, "a room's successor is closed");
  }
  try {
    if (rules) await sayBeside(parts, room, { text: rules.texts.cannotFollow, about: event.id, agent: event.sender });
  } catch (error) {
    if (!(error instanceof MatrixError && error.isRefusal)) throw error;
  }
  return settle(context, "successor-closed", undefined);
}
