import { nextTry } from "../domain/back-off.ts";
import type { Fence } from "../domain/fence.ts";
import { type ConversationId, type EventId, type Lane, type RoomId, replyLane } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readSender } from "../matrix/read-sender.ts";
import { readWaitingEvents, type WaitingEvent } from "../store/matrix-event.ts";
import { findMessages, type RecordedMessage } from "../store/message.ts";
import { takeAnswer } from "./answer.ts";
import { takeEdit, takeRedaction } from "./change.ts";
import { type Context, type OutboxIntake, object, settle } from "./intake.ts";
import { readEvent } from "./read-event.ts";
import { type Ruling, ruleOn } from "./rule.ts";

const READ_AT_ONCE = 50;
/** How soon it is asked again whether older events have come, in milliseconds. */
const BEHIND_WAIT_MS = 250;
/** How soon an answer to words that are just being posted is looked at again, and for how long, in milliseconds. */
const JUST_POSTED_WAIT_MS = 250;
const JUST_POSTED_LIMIT_MS = 60_000;

/** Rules on a room's new events in their order. Answers are woken last, so that a change of mind behind one counts. */
export async function acceptEvents(parts: OutboxIntake, fence: Fence, room: RoomId): Promise<Date | undefined> {
  if (!parts.isCurrent()) return new Date(Date.now() + BEHIND_WAIT_MS);
  const woken = new Set<Lane>();
  try {
    for (;;) {
      const waiting = await readWaitingEvents(parts.database.relaxed, room, READ_AT_ONCE);
      for (const event of waiting) {
        const conversation = await accept(parts, fence, room, event);
        if (conversation === "too early") return new Date(Date.now() + JUST_POSTED_WAIT_MS);
        if (conversation) woken.add(replyLane(conversation));
      }
      if (waiting.length < READ_AT_ONCE || fence.signal.aborted) return undefined;
    }
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    parts.log.warn({ lane: fence.lane, code: error.errcode }, "events wait for the homeserver");
    return nextTry(new Date(), 1, { firstMs: 5_000, mostMs: 5_000, askedMs: error.retryAfterMs });
  } finally {
    for (const lane of woken) await parts.wake(lane);
  }
}

/** @returns the conversation in which an answer has to be looked at. */
async function accept(
  parts: OutboxIntake,
  fence: Fence,
  room: RoomId,
  waiting: WaitingEvent,
): Promise<ConversationId | "too early" | undefined> {
  const event = readEvent(waiting.event, new Date());
  const repliedTo = "replyTo" in event ? event.replyTo : undefined;
  const threadRoot = "threadRoot" in event ? event.threadRoot : undefined;
  const related = [repliedTo, threadRoot].flatMap((id) => id ?? []);
  const known = await findMessages(parts.database.relaxed, room, related);
  if (known.size === 0 && (await isJustPosted(parts, room, related, waiting.receivedAt))) return "too early";
  const answered = repliedTo && known.get(repliedTo);
  const ruling = ruleOn(event, {
    own: parts.users.isOurs(event.sender),
    replies: parts.agencyOf(room)?.replies ?? "explicit",
    repliedTo: answered,
    thread: threadRoot && known.get(threadRoot),
  });
  return apply({ parts, fence, room, seq: waiting.seq, event }, ruling, answered);
}

/**
 * Words that stand in the room and not yet in our table, because their sending has not been settled: an agent, or a bot of
 * an agent's, was faster, or we died in between.
 */
async function isJustPosted(
  { client, users }: OutboxIntake,
  room: RoomId,
  related: readonly EventId[],
  receivedAt: Date,
): Promise<boolean> {
  if (Date.now() - receivedAt.getTime() > JUST_POSTED_LIMIT_MS) return false;
  for (const event of related) {
    const sender = await readSender(client, room, event, users.bot);
    if (sender !== undefined && sender !== users.bot && users.isOurs(sender)) return true;
  }
  return false;
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
      return takeEdit(context, ruling.of, ruling.command);
    case "redaction":
      return takeRedaction(context, ruling.of);
    case "unknown-command":
      return object(context, ruling.conversation, (texts) => texts.unknownCommand(ruling.verb));
    case "unreadable":
      return object(context, ruling.conversation, (texts) => texts.encrypted);
    case "unsendable":
      return object(context, ruling.conversation, (texts) => texts.unsendable);
    case "note":
      return settle(context, ruling.is, ruling.conversation);
    case "ignored":
      return settle(context, ruling.because, undefined);
  }
}
