import type { Logger } from "pino";
import { type DeskParts, sayBeside, sayToAgent } from "../desk/say.ts";
import type { DeskTexts } from "../desk/texts.ts";
import { nextTry } from "../domain/back-off.ts";
import type { Fence } from "../domain/fence.ts";
import { type ConversationId, type EventId, type Lane, type RoomId, replyLane } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readWaitingEvents, settleEvent, type WaitingEvent } from "../store/matrix-event.ts";
import { addMessage, findMessages, type RecordedMessage, readPlace } from "../store/message.ts";
import { addAnswer, cancelAnswer, findAnswer, replaceAnswer } from "../store/outbox.ts";
import { isAhead } from "./ahead.ts";
import { HOLD_LIMIT_MS, type Holds, openHolds, referencesOf } from "./holds.ts";
import { type AgentEvent, readEvent } from "./read-event.ts";
import { renderAnswer } from "./render.ts";
import { type Ruling, ruleOn } from "./rule.ts";

export interface OutboxIntake extends DeskParts {
  readonly log: Logger;
  agency(name: string): AgencyRules | undefined;
  agencyOf(room: RoomId): AgencyRules | undefined;
  wake(lane: Lane): Promise<void>;
}

export interface AgencyRules {
  readonly replies: "explicit" | "all";
  readonly undoMs: number;
  readonly texts: DeskTexts;
}

const READ_AT_ONCE = 50;

/** Rules on a room's new events in their order. Answers are woken last, so that a change of mind behind one counts. */
export async function acceptEvents(parts: OutboxIntake, fence: Fence, room: RoomId): Promise<Date | undefined> {
  const woken = new Set<Lane>();
  const holds = openHolds();
  try {
    for (let after = "0"; ; ) {
      const waiting = await readWaitingEvents(parts.database.relaxed, room, after, READ_AT_ONCE);
      for (const one of waiting) {
        const conversation = await accept(parts, fence, room, one, holds);
        if (conversation) woken.add(replyLane(conversation));
        after = one.seq;
      }
      if (waiting.length < READ_AT_ONCE || fence.signal.aborted) return holds.next(new Date());
    }
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    parts.log.warn({ lane: fence.lane, code: error.errcode }, "could not speak in the room");
    return nextTry(new Date(), 1, { firstMs: 5_000, mostMs: 5_000, askedMs: error.retryAfterMs });
  } finally {
    for (const lane of woken) await parts.wake(lane);
  }
}

interface Context {
  readonly parts: OutboxIntake;
  readonly fence: Fence;
  readonly room: RoomId;
  readonly seq: string;
  readonly event: AgentEvent;
}

/** @returns the conversation in which an answer has to be looked at. */
async function accept(
  parts: OutboxIntake,
  fence: Fence,
  room: RoomId,
  { seq, event: content, receivedAt }: WaitingEvent,
  holds: Holds,
): Promise<ConversationId | undefined> {
  const event = readEvent(content, new Date());
  const repliedTo = "replyTo" in event ? event.replyTo : undefined;
  const threadRoot = "threadRoot" in event ? event.threadRoot : undefined;
  const known = await findMessages(parts.database.relaxed, room, referencesOf(event));
  if (holds.concern(event, known) || (await isAhead(parts, room, event, known))) {
    const forMs = Date.now() - receivedAt.getTime();
    if (forMs > HOLD_LIMIT_MS) return strand({ parts, fence, room, seq, event });
    holds.hold(event, known, forMs);
    return undefined;
  }
  const answered = repliedTo && known.get(repliedTo);
  const ruling = ruleOn(event, {
    own: parts.users.isOurs(event.sender),
    replies: parts.agencyOf(room)?.replies ?? "explicit",
    repliedTo: answered,
    thread: threadRoot && known.get(threadRoot),
  });
  return apply({ parts, fence, room, seq, event }, ruling, answered);
}

/** The store does not know a message that stands in the room, as after the restoration of an older copy. */
async function strand(context: Context): Promise<undefined> {
  const { parts, fence, room, event } = context;
  parts.log.error({ lane: fence.lane, event: event.id }, "an answer to a message that the store does not know");
  const texts = parts.agencyOf(room)?.texts;
  if (texts && event.kind === "message")
    await sayBeside(parts, room, { text: texts.unknownMessage, about: event.id, agent: event.sender });
  return settle(context, "unknown-message", undefined);
}

async function apply(
  context: Context,
  ruling: Ruling,
  answered: RecordedMessage | undefined,
): Promise<ConversationId | undefined> {
  switch (ruling.is) {
    case "answer":
      return takeAnswer(context, ruling.conversation, ruling.answers ? answered : undefined);
    case "edit":
      return takeEdit(context, ruling.of);
    case "redaction":
      return takeRedaction(context, ruling.of);
    case "unknown-command":
      return object(context, ruling.conversation, (texts) => texts.unknownCommand(ruling.verb));
    case "unreadable":
      return object(context, ruling.conversation, (texts) => texts.encrypted);
    case "note":
      return settle(context, ruling.is, ruling.conversation);
    case "ignored":
      return settle(context, ruling.because, undefined);
  }
}

async function takeAnswer(
  { parts, fence, room, seq, event }: Context,
  conversation: ConversationId,
  answered: RecordedMessage | undefined,
): Promise<ConversationId | undefined> {
  const content = event.kind === "message" ? renderAnswer(event.content) : undefined;
  const place = await readPlace(parts.database.relaxed, conversation);
  if (!content || !place)
    return object({ parts, fence, room, seq, event }, conversation, (texts) => texts.nothingToSend);
  const undoMs = parts.agency(place.agency)?.undoMs ?? 0;
  await parts.database.durable.transaction().execute(async (trx) => {
    await addMessage(trx, { event: event.id, room, conversation, author: "agent" });
    await addAnswer(trx, {
      conversation,
      event: event.id,
      agent: event.sender,
      address: answered?.address ?? place.address,
      content,
      inReplyTo: answered?.remoteId,
      dueAt: new Date(event.at.getTime() + undoMs),
      writtenAt: event.at,
    });
    await settleEvent(trx, fence, seq, "answer");
  });
  return conversation;
}

async function takeEdit({ parts, fence, room, seq, event }: Context, of: EventId): Promise<ConversationId | undefined> {
  const content = event.kind === "edit" ? renderAnswer(event.content) : undefined;
  const undoMs = parts.agencyOf(room)?.undoMs ?? 0;
  const dueAt = new Date(event.at.getTime() + undoMs);
  const changed = await parts.database.durable.transaction().execute(async (trx) => {
    const conversation = content && (await replaceAnswer(trx, of, event.sender, content, dueAt));
    if (conversation) await settleEvent(trx, fence, seq, "edit");
    return conversation;
  });
  if (changed) return changed;
  return tooLate({ parts, fence, room, seq, event }, of);
}

async function takeRedaction(
  { parts, fence, room, seq, event }: Context,
  of: EventId,
): Promise<ConversationId | undefined> {
  const cancelled = await parts.database.durable.transaction().execute(async (trx) => {
    const conversation = await cancelAnswer(trx, of);
    if (conversation) await settleEvent(trx, fence, seq, "redaction");
    return conversation;
  });
  return cancelled ?? tooLate({ parts, fence, room, seq, event }, of);
}

/** Says that a change comes too late; a change to anything but an answer needs no word. */
async function tooLate(context: Context, of: EventId): Promise<undefined> {
  const answer = await findAnswer(context.parts.database.relaxed, of);
  if (answer && answer.state !== "cancelled" && answer.state !== "failed")
    return object(context, answer.conversation, (texts) => texts.alreadyLeft, of);
  return settle(context, "nothing-to-change", undefined);
}

async function object(
  context: Context,
  conversation: ConversationId,
  choose: (texts: DeskTexts) => string,
  about: EventId = context.event.id,
): Promise<undefined> {
  const { parts, event } = context;
  const place = await readPlace(parts.database.relaxed, conversation);
  const texts = place && parts.agency(place.agency)?.texts;
  if (place && texts) await sayToAgent(parts, place, { text: choose(texts), about, agent: event.sender });
  return settle(context, "objection", about === event.id ? conversation : undefined);
}

/** @param conversation to which the event belongs as agents' talk, so that replies to it do too. */
async function settle(
  { parts, fence, room, seq, event }: Context,
  code: string,
  conversation: ConversationId | undefined,
): Promise<undefined> {
  const db = parts.database.relaxed;
  if (conversation) await addMessage(db, { event: event.id, room, conversation, author: "agent" });
  await settleEvent(db, fence, seq, code);
}
