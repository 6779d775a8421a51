import type { DeskTexts } from "../desk/texts.ts";
import { nextTry } from "../domain/back-off.ts";
import type { Fence } from "../domain/fence.ts";
import { type ConversationId, type RoomId, replyLane } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readChannels } from "../store/conversation.ts";
import { readWaitingEvents, type WaitingEvent } from "../store/matrix-event.ts";
import { findMessages, type RecordedMessage } from "../store/message.ts";
import { findPortalOwner } from "../store/portal-room.ts";
import { isAhead } from "./ahead.ts";
import { takeAnswer } from "./answer.ts";
import { takeEdit, takeRedaction } from "./change.ts";
import { decide } from "./decide.ts";
import { sayHelp } from "./help.ts";
import { HOLD_LIMIT_MS, type Holds, openHolds, referencesOf } from "./holds.ts";
import { type Context, type OutboxIntake, object, objectBeside, settle } from "./intake.ts";
import { takeMove } from "./move.ts";
import { listVerbs, takeOpening } from "./opening.ts";
import { readEvent } from "./read-event.ts";
import { type Ruling, ruleOn } from "./rule.ts";
import { sayTrace } from "./say-trace.ts";

const READ_AT_ONCE = 50;
/** How soon it is asked again whether older events have come, in milliseconds. */
const BEHIND_WAIT_MS = 250;

/** Rules on a room's new events in their order. Answers are woken last, so that a change of mind behind one counts. */
export async function acceptEvents(parts: OutboxIntake, fence: Fence, room: RoomId): Promise<Date | undefined> {
  if (!(await parts.isCurrent())) return new Date(Date.now() + BEHIND_WAIT_MS);
  const answered = new Set<ConversationId>();
  const portal = await findPortalOwner(parts.database.relaxed, room);
  const rules = portal ? parts.agency(portal.agency) : parts.agencyOf(room);
  const pass = { parts, fence, room, rules, portal: portal?.conversation };
  const holds = openHolds(portal?.conversation);
  try {
    for (let after: WaitingEvent | undefined; ; ) {
      const waiting = await readWaitingEvents(parts.database.relaxed, room, after, READ_AT_ONCE);
      for (const event of waiting) {
        const conversation = await accept(pass, event, holds);
        if (conversation) answered.add(conversation);
        after = event;
      }
      if (waiting.length < READ_AT_ONCE || fence.signal.aborted) return holds.next(new Date());
    }
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    parts.log.warn({ lane: fence.lane, code: error.errcode }, "events wait for the homeserver");
    return nextTry(new Date(), 1, { firstMs: 5_000, mostMs: 5_000, askedMs: error.retryAfterMs });
  } finally {
    await wakeAnswers(parts, [...answered]);
  }
}

async function wakeAnswers(parts: OutboxIntake, conversations: readonly ConversationId[]): Promise<void> {
  if (conversations.length === 0) return;
  const channels = await readChannels(parts.database.relaxed, conversations);
  for (const [conversation, channel] of channels) await parts.wake(replyLane(conversation), channel);
}

/** What all events of one pass over a room have in common. */
interface Pass extends Pick<Context, "parts" | "fence" | "room" | "rules"> {
  /** The conversation whose own room it is. */
  readonly portal: ConversationId | undefined;
}

/** @returns the conversation in which an answer has to be looked at. */
async function accept(
  { portal, ...pass }: Pass,
  { seq, event: content, receivedAt }: WaitingEvent,
  holds: Holds,
): Promise<ConversationId | undefined> {
  const { parts, room, rules } = pass;
  const event = readEvent(content, new Date());
  const context = { ...pass, seq, event, receivedAt };
  const repliedTo = "replyTo" in event ? event.replyTo : event.kind === "decision" ? event.of : undefined;
  const threadRoot = "threadRoot" in event ? event.threadRoot : undefined;
  const known = await findMessages(parts.database.relaxed, room, referencesOf(event));
  if (holds.concern(event, known) || (await isAhead(parts, room, event, known))) {
    const forMs = Date.now() - receivedAt.getTime();
    if (forMs > HOLD_LIMIT_MS) return strand(context);
    holds.hold(event, known, forMs);
    return undefined;
  }
  const answered = repliedTo && known.get(repliedTo);
  const agency = parts.agencyOf(room);
  const ruling = ruleOn(event, {
    own: parts.users.isOurs(event.sender),
    replies: rules?.replies ?? "explicit",
    repliedTo: answered,
    thread: threadRoot && known.get(threadRoot),
    portal,
    openings: agency ? listVerbs(parts.channelsOf(agency.id)) : [],
  });
  return apply(context, ruling, answered);
}

/** The store does not know a message that stands in the room, as after the restoration of an older copy. */
async function strand(context: Context): Promise<undefined> {
  const { parts, fence, event } = context;
  parts.log.error({ lane: fence.lane, event: event.id }, "an answer to a message that the store does not know");
  if (event.kind !== "message") return settle(context, "unknown-message", undefined);
  return objectBeside(context, (texts) => texts.unknownMessage, "unknown-message");
}

async function apply(
  context: Context,
  ruling: Ruling,
  answered: RecordedMessage | undefined,
): Promise<ConversationId | undefined> {
  switch (ruling.is) {
    case "answer":
      return takeAnswer(context, ruling.conversation, {
        answered: ruling.answers ? answered : undefined,
        toAll: ruling.toAll,
        isVia: ruling.isVia,
      });
    case "opening":
      return takeOpening(context);
    case "misplaced-opening": {
      const choose = (texts: DeskTexts) => texts.openingOutside(ruling.verb);
      return ruling.conversation ? object(context, ruling.conversation, choose) : objectBeside(context, choose);
    }
    case "help":
      return sayHelp(context, ruling.conversation);
    case "trace":
      return sayTrace(context, ruling.conversation, ruling.of);
    case "decision":
      return decide(context, ruling);
    case "edit":
      return takeEdit(context, ruling.of, ruling.command);
    case "redaction":
      return takeRedaction(context, ruling.of);
    case "moved":
      return takeMove(context);
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
