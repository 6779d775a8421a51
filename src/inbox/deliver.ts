import type { Logger } from "pino";
import type { Acknowledging } from "../conversation/acknowledgement.ts";
import { nameGhost } from "../conversation/ghost.ts";
import { matchConversation } from "../conversation/match.ts";
import { readReplyToken } from "../conversation/token.ts";
import type { DeskTexts } from "../desk/texts.ts";
import { nextTry } from "../domain/back-off.ts";
import type { KnownConversation } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import type { Lane, RoomId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { openRoomState, readMembership } from "../matrix/room-state.ts";
import { findCandidates, wroteBefore } from "../store/conversation.ts";
import { forgetMembership } from "../store/ghost.ts";
import { type Arrival, postpone, quarantine, readWaiting } from "../store/inbox.ts";
import { begin } from "./begin.ts";
import { ArrivalError, type Fault, judge } from "./fault.ts";
import { FLOOD, type FloodGuard } from "./flood.ts";
import { bringGhost, type GhostParts } from "./join.ts";
import { type PostParts, post } from "./post.ts";

export interface InboxDelivery extends GhostParts, PostParts {
  readonly ghostKey: Buffer;
  readonly replyKey: Buffer;
  readonly log: Logger;
  readonly flood: FloodGuard;
  wake(lane: Lane): Promise<void>;
  /** What the configuration says of a channel; undefined when it was taken out of it. */
  channel(name: string): InboxChannel | undefined;
  /** Tells an agency that an arrival was set aside. @throws MatrixError */
  announceQuarantine(agency: string, arrival: Arrival, code: string): Promise<void>;
  /** Tells an agency, once an hour, that a correspondent's arrivals are set aside from now on. @throws MatrixError */
  announceFlood(agency: string, lane: Lane, arrival: Arrival): Promise<void>;
  /** Tells an agency that arrivals wait. @throws MatrixError */
  announceWaiting(agency: string, code: string): Promise<void>;
}

export interface InboxChannel {
  readonly type: string;
  readonly agency: string;
  /** Undefined until the agency's room has been reached. */
  readonly room: RoomId | undefined;
  /** What agents are told, in the agency's language. */
  readonly texts: DeskTexts;
  /** Undefined when the agency does not wish it, or the channel carries no answers. */
  readonly acknowledging: Acknowledging | undefined;
}

const READ_AT_ONCE = 20;

/** Posts a lane's arrivals in their order. @returns when the lane has something to do again. */
export async function deliverArrivals(parts: InboxDelivery, fence: Fence): Promise<Date | undefined> {
  for (;;) {
    const waiting = await readWaiting(parts.database.relaxed, fence.lane, READ_AT_ONCE);
    for (const arrival of waiting) {
      if (arrival.dueAt.getTime() > Date.now() || fence.signal.aborted) return arrival.dueAt;
      const again = await attempt(parts, fence, arrival);
      if (again) return again;
    }
    if (waiting.length < READ_AT_ONCE) return undefined;
  }
}

async function attempt(parts: InboxDelivery, fence: Fence, arrival: Arrival): Promise<Date | undefined> {
  try {
    await deliver(parts, fence, arrival);
    return undefined;
  } catch (error) {
    const fault = judge(error, arrival);
    if (!fault) throw error;
    const { code, hopeless, attempts } = fault;
    const level = hopeless ? "error" : "warn";
    const cause = error instanceof ArrivalError ? { err: error.cause } : {};
    parts.log[level]({ lane: fence.lane, inbox: arrival.id, code, attempts, ...cause }, "arrival not posted");
    const told = await tell(parts, fence, arrival, fault);
    if (hopeless && told) return quarantine(parts.database.durable, fence, arrival.id, code).then(() => undefined);
    const dueAt = nextTry(new Date(), attempts, fault.wait);
    await postpone(parts.database.relaxed, fence, arrival.id, { dueAt, code, attempts });
    return dueAt;
  }
}

/** What agents are told is told before it is done, and told once: a repetition is the same event. */
async function tell(
  parts: InboxDelivery,
  { lane }: Fence,
  arrival: Arrival,
  { code, hopeless, tell }: Fault,
): Promise<boolean> {
  const agency = parts.channel(arrival.channel)?.agency;
  if (!agency) return true;
  try {
    if (code === FLOOD) await parts.announceFlood(agency, lane, arrival);
    else if (hopeless) await parts.announceQuarantine(agency, arrival, code);
    else if (tell) await parts.announceWaiting(agency, code);
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    parts.log.warn({ agency, code: error.errcode }, "agents could not be told of it");
    return error.isRefusal;
  }
}

async function deliver(parts: InboxDelivery, fence: Fence, arrival: Arrival): Promise<void> {
  const channel = parts.channel(arrival.channel);
  // Taken out of the configuration: the arrival waits until an operator puts it back.
  if (!channel) throw new ArrivalError("later", "CHANNEL_UNKNOWN");
  const { hold } = arrival.message;
  if (hold !== undefined) throw new ArrivalError("final", hold);
  if (!parts.flood.admits(fence.lane, arrival)) throw new ArrivalError("final", FLOOD);
  const { address, name } = arrival.message.from;
  const localpart = nameGhost(parts.ghostKey, channel.type, address);
  const citizen = { localpart, channelType: channel.type, address, name };
  const known = await findConversation(parts, arrival);
  const room = known?.room ?? channel.room;
  if (!room) throw new ArrivalError("soon", "ROOM_UNKNOWN");
  try {
    await bringGhost(parts, citizen, room);
    const conversation = known?.id ?? (await begin(parts, fence, arrival, { citizen, room, channel }));
    const place = known?.root && { root: known.root, latest: known.latest ?? known.root };
    const posting = { id: arrival.id, conversation, room, ghost: localpart, remoteId: arrival.message.remoteId };
    const isFirst = !place && !(await wroteBefore(parts.database.relaxed, conversation, channel.agency, address));
    const note = isFirst ? { note: channel.texts.firstContact } : {};
    await post(parts, fence, arrival, posting, { place, texts: channel.texts, ...note });
  } catch (error) {
    throw error instanceof MatrixError && error.isForbidden ? await shutOut(parts, localpart, room, error) : error;
  }
}

/** Removed from the room, or never let in: the next attempt joins again, unless somebody has barred this citizen. */
async function shutOut(parts: InboxDelivery, localpart: string, room: RoomId, error: MatrixError): Promise<Error> {
  await forgetMembership(parts.database.relaxed, localpart, room);
  const state = openRoomState(parts.client, room, parts.users.bot);
  const membership = await readMembership(state, parts.users.fullId(localpart)).catch((fault: unknown) => {
    if (fault instanceof MatrixError) return undefined;
    throw fault;
  });
  return membership === "ban" ? new ArrivalError("final", "CITIZEN_BANNED", { cause: error }) : error;
}

async function findConversation(parts: InboxDelivery, arrival: Arrival): Promise<KnownConversation | undefined> {
  const { message, channel, conversation: bound } = arrival;
  const named = bound ?? (message.token === undefined ? undefined : readReplyToken(parts.replyKey, message.token));
  const candidates = await findCandidates(
    parts.database.relaxed,
    named ? [named] : [],
    bound ? [] : message.references,
  );
  return matchConversation({ channel, address: message.from.address, named }, candidates);
}
