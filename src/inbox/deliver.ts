import type { KeyObject } from "node:crypto";
import type { Logger } from "pino";
import type { Acknowledging } from "../conversation/acknowledgement.ts";
import { markArrival } from "../conversation/arrival-mark.ts";
import { nameGhost } from "../conversation/ghost.ts";
import { matchConversation } from "../conversation/match.ts";
import { readReplyToken } from "../conversation/token.ts";
import type { DeskTexts } from "../desk/texts.ts";
import { nextTry } from "../domain/back-off.ts";
import type { KnownConversation, PortalKind, Way } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import type { ConversationId, Lane, RoomId } from "../domain/ids.ts";
import type { Turn } from "../domain/turn.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { findCandidates } from "../store/conversation.ts";
import { type Arrival, postpone, quarantine, readWaiting } from "../store/inbox.ts";
import { findStanding, type Standing } from "../store/standing.ts";
import { addWay } from "../store/way.ts";
import { begin, beginUnseen, furnish } from "./begin.ts";
import { chooseRoutes } from "./choose-routes.ts";
import { ArrivalError, type Fault, isLongAway, judge } from "./fault.ts";
import { FLOOD, type FloodGuard } from "./flood.ts";
import { bringGhost, type Citizen } from "./join.ts";
import { noteBeginning } from "./note-beginning.ts";
import { type PostParts, post } from "./post.ts";
import { type ShutOutParts, shutOut } from "./shut-out.ts";

export interface InboxDelivery extends ShutOutParts, PostParts {
  readonly ghostKey: KeyObject;
  readonly replyKey: KeyObject;
  readonly log: Logger;
  readonly flood: FloodGuard;
  wake(lane: Lane, whose: string): Promise<void>;
  /** Where a citizen is reached who wants answers on another kind of channel; undefined when the agency has none. */
  findWay(agency: string, type: string, address: string): Way | undefined;
  /** What the configuration says of a channel; undefined when it was taken out of it. */
  channel(name: string): InboxChannel | undefined;
  /** Makes a new conversation's own room, or finds it again. @returns undefined until it can be made. @throws MatrixError */
  openPortal(arrival: Arrival): Promise<RoomId | undefined>;
  /** Tells an agency of a conversation's new room. @throws MatrixError when the homeserver is away. */
  announcePortal(agency: string, portal: RoomId): Promise<void>;
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
  /** Where new conversations live. */
  readonly portal: PortalKind;
  /** Undefined until the agency's room has been reached. */
  readonly room: RoomId | undefined;
  /** What agents are told, in the agency's language. */
  readonly texts: DeskTexts;
  /** Undefined when the agency does not wish it, or the channel carries no answers. */
  readonly acknowledging: Acknowledging | undefined;
}

const READ_AT_ONCE = 20;

/** Posts a lane's arrivals in their order. @returns when the lane has something to do again. */
export async function deliverArrivals(parts: InboxDelivery, fence: Fence, turn: Turn): Promise<Date | undefined> {
  for (;;) {
    const waiting = await readWaiting(parts.database.relaxed, fence.lane, READ_AT_ONCE);
    for (const arrival of waiting) {
      if (arrival.dueAt.getTime() > Date.now() || fence.signal.aborted) return arrival.dueAt;
      const again = await attempt(parts, fence, arrival);
      if (again) return again;
      if (turn.isOver()) return new Date();
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
  const screenedAt = new Date();
  const { address, name } = arrival.message.from;
  const mark = markArrival(parts.replyKey, arrival);
  const stood = arrival.mayStand ? await findStanding(parts.database.relaxed, mark) : undefined;
  const { known, number } = await findConversation(parts, arrival, { agency: channel.agency, stood });
  // By another way it is still the same person, under the name that they have.
  const citizen: Citizen = known?.isWay
    ? { localpart: known.citizen, channelType: channel.type, address: known.address, name: undefined }
    : { localpart: nameGhost(parts.ghostKey, channel.type, address), channelType: channel.type, address, name };
  const { localpart } = citizen;
  const portal = known?.portal ?? channel.portal;
  const { agency, texts } = channel;
  const findWay = (type: string, wished: string) => parts.findWay(agency, type, wished);
  const routes = chooseRoutes(arrival, { known, address: citizen.address, findWay });
  const { answers, asked } = routes;
  // Who stands in the room was acknowledged then.
  const acknowledging = stood ? undefined : channel.acknowledging;
  const beginning = { number, citizen, portal, channel: { agency, acknowledging }, answers };
  let isBegun = known !== undefined;
  let room = known?.room ?? (portal === "thread" ? channel.room : undefined);
  try {
    room ??= portal === "room" ? await parts.openPortal(arrival) : undefined;
    if (!room) throw new ArrivalError("soon", "ROOM_UNKNOWN");
    await bringGhost(parts, citizen, room);
    if (known && !known.room) await furnish(parts, agency, known.id, room);
    const conversation = known?.id ?? (await begin(parts, fence, arrival, { ...beginning, room }));
    isBegun = true;
    if (asked) await addWay(parts.database.relaxed, conversation, asked);
    const place = known?.root && { portal, root: known.root, latest: known.latest ?? known.root };
    const { remoteId, cc, replyTo } = arrival.message;
    const posting = {
      id: arrival.id,
      conversation,
      room,
      ghost: localpart,
      remoteId,
      screenedAt,
      cc,
      replyTo,
      ...routes,
    };
    const notes = {
      ...(place ? {} : await noteBeginning(parts, arrival, { conversation, isNew: !known, agency, texts })),
      ...(routes.channel !== undefined || known?.hasWays ? { cameBy: arrival.channel } : {}),
      ...(asked ? { answersBy: asked } : { wished: arrival.message.answerVia }),
    };
    await post(parts, fence, arrival, posting, { portal, place, texts, notes, mark, stood });
  } catch (error) {
    if (!isBegun && isLongAway(error, arrival)) await beginUnseen(parts, fence, arrival, { ...beginning, room });
    if (room && error instanceof MatrixError && error.isForbidden) throw await shutOut(parts, localpart, room, error);
    throw error;
  }
}

/** @returns the conversation, or the number under which one is to begin. */
async function findConversation(
  parts: InboxDelivery,
  arrival: Arrival,
  { agency, stood }: { readonly agency: string; readonly stood: Standing | undefined },
): Promise<{ known: KnownConversation | undefined; number: ConversationId | undefined }> {
  const { message, channel, conversation: bound } = arrival;
  const token = message.token === undefined ? undefined : readReplyToken(parts.replyKey, message.token);
  const named = bound ?? token ?? stood?.conversation;
  const candidates = await findCandidates(
    parts.database.relaxed,
    named ? [named] : [],
    bound ? [] : message.references,
    { channel, address: message.from.address },
  );
  const known = matchConversation({ channel, agency, address: message.from.address, named }, candidates);
  return { known, number: candidates.some(({ id }) => id === named) ? undefined : named };
}
