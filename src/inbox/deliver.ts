import type { Logger } from "pino";
import { nameGhost } from "../conversation/ghost.ts";
import { matchConversation } from "../conversation/match.ts";
import { readReplyToken } from "../conversation/token.ts";
import { nextTry } from "../domain/back-off.ts";
import type { KnownConversation } from "../domain/conversation.ts";
import type { Fence } from "../domain/fence.ts";
import type { ConversationId, EventId, RoomId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { addConversation, findCandidates } from "../store/conversation.ts";
import { forgetMembership } from "../store/ghost.ts";
import {
  type Arrival,
  bindConversation,
  postpone,
  quarantine,
  readWaiting,
  recordFirst,
  settlePosted,
} from "../store/inbox.ts";
import { bringGhost, type Citizen, type GhostParts } from "./join.ts";
import { type PostParts, post } from "./post.ts";

export interface InboxDelivery extends GhostParts, PostParts {
  readonly ghostKey: Buffer;
  readonly replyKey: Buffer;
  readonly log: Logger;
  /** What the configuration says of a channel; undefined when it was taken out of it. */
  channel(name: string): { readonly type: string; readonly agency: string; readonly room: RoomId } | undefined;
  /** Tells an agency that an arrival was set aside. */
  announceQuarantine(agency: string, arrival: Arrival, code: string): Promise<void>;
}

const READ_AT_ONCE = 20;
/** A homeserver that is away comes back at once; one that says no waits for a person. */
const UNREACHABLE = { firstMs: 500, mostMs: 15_000 };
const REFUSED = { firstMs: 2_000, mostMs: 300_000 };
/** Attempts at content that the homeserver refuses. */
const REJECTED_ATTEMPTS = 3;

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
    if (!(error instanceof MatrixError || error instanceof UnknownChannelError)) throw error;
    const attempts = arrival.attempts + 1;
    const code = error instanceof MatrixError ? error.errcode : "CHANNEL_UNKNOWN";
    const hopeless = error instanceof MatrixError && error.consequence === "rejected" && attempts >= REJECTED_ATTEMPTS;
    parts.log[hopeless ? "error" : "warn"](
      { lane: fence.lane, inbox: arrival.id, code, attempts },
      "arrival not posted",
    );
    if (hopeless) return setAside(parts, fence, arrival, code);
    const limits = error instanceof MatrixError && error.isUnreachable ? UNREACHABLE : REFUSED;
    const askedMs = error instanceof MatrixError ? error.retryAfterMs : undefined;
    const dueAt = nextTry(new Date(), attempts, { ...limits, askedMs });
    await postpone(parts.database.relaxed, fence, arrival.id, { dueAt, code });
    return dueAt;
  }
}

async function setAside(parts: InboxDelivery, fence: Fence, arrival: Arrival, code: string): Promise<undefined> {
  await quarantine(parts.database.durable, fence, arrival.id, code);
  const agency = parts.channel(arrival.channel)?.agency;
  if (agency) await parts.announceQuarantine(agency, arrival, code);
}

/** Its channel is not in the configuration any more: the arrival waits until an operator puts it back. */
class UnknownChannelError extends Error {}

async function deliver(parts: InboxDelivery, fence: Fence, arrival: Arrival): Promise<void> {
  const channel = parts.channel(arrival.channel);
  if (!channel) throw new UnknownChannelError();
  const { address, name } = arrival.message.from;
  const citizen = {
    localpart: nameGhost(parts.ghostKey, channel.type, address),
    channelType: channel.type,
    address,
    name,
  };
  const known = await findConversation(parts, arrival);
  const room = known?.room ?? channel.room;

  await bringGhost(parts, citizen, room);
  const conversation = known?.id ?? (await begin(parts, fence, arrival, { citizen, room, agency: channel.agency }));
  const place = known?.root && { root: known.root, latest: known.latest ?? known.root };
  const as = parts.users.fullId(citizen.localpart);
  const standing = { conversation, room, ghost: citizen.localpart, remoteId: arrival.message.remoteId };
  const onFirst = (event: EventId) => recordFirst(parts.database.relaxed, fence, { ...standing, event });
  const posted = await post(parts, arrival, { room, as, place, onFirst }).catch(async (error: unknown) => {
    // Kicked, or the room was left behind our back: the next attempt joins again.
    if (error instanceof MatrixError && error.errcode === "M_FORBIDDEN")
      await forgetMembership(parts.database.relaxed, citizen.localpart, room);
    throw error;
  });
  await settlePosted(parts.database.relaxed, fence, {
    ...standing,
    id: arrival.id,
    events: posted.events,
    dropFiles: posted.complete,
  });
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

async function begin(
  parts: InboxDelivery,
  fence: Fence,
  arrival: Arrival,
  place: { citizen: Citizen; room: RoomId; agency: string },
): Promise<ConversationId> {
  const id = await addConversation(parts.database.relaxed, {
    agency: place.agency,
    channel: arrival.channel,
    room: place.room,
    citizen: place.citizen.localpart,
    address: place.citizen.address,
    citizenName: place.citizen.name,
    subject: arrival.message.subject,
  });
  await bindConversation(parts.database.relaxed, fence, arrival.id, id);
  return id;
}
