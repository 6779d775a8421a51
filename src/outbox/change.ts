import type { DeskTexts } from "../desk/texts.ts";
import type { ConversationId, EventId } from "../domain/ids.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { findMessages } from "../store/message.ts";
import { cancelAnswer, findAnswer, replaceAnswer } from "../store/outbox.ts";
import { type Context, object, renderSafely, settle } from "./intake.ts";

/** An edit inside the undo window changes what leaves, or holds it back: as a note, an unknown command, or nothing at all. */
export async function takeEdit(
  context: Context,
  of: EventId,
  command: string | undefined,
): Promise<ConversationId | undefined> {
  const { parts, fence, rules, seq, event } = context;
  const answer = await findAnswer(parts.database.relaxed, of);
  if (!answer) return refuseToBegin(context, of, command);
  // Clients pass over an edit of somebody else's words, and so do we.
  if (answer.agent !== event.sender) return settle(context, "not-theirs", undefined);
  const content = event.kind === "edit" ? renderSafely(context, event.content) : undefined;
  const objection = objectionTo(command, content !== undefined);
  if (content === undefined || command === "note" || objection) return withdraw(context, of, objection);

  const undoMs = rules?.undoMs ?? 0;
  const dueAt = new Date(event.at.getTime() + undoMs);
  const changed = await parts.database.durable.transaction().execute(async (trx) => {
    const conversation = await replaceAnswer(trx, of, event.sender, content, dueAt);
    if (conversation) await settleEvent(trx, fence, seq, "edit");
    return conversation;
  });
  if (changed) return changed;
  if (answer.state !== "cancelled") return sayTooLate(context, of);
  return object(context, answer.conversation, (texts) => texts.editSendsNothing, of);
}

/** Stops an answer that has not left. */
export const takeRedaction = (context: Context, of: EventId): Promise<ConversationId | undefined> =>
  withdraw(context, of, undefined);

type Choice = (texts: DeskTexts) => string;

function objectionTo(command: string | undefined, hasContent: boolean): Choice | undefined {
  if (command !== undefined && command !== "reply" && command !== "note")
    return (texts) => texts.unknownCommand(command);
  return hasContent || command === "note" ? undefined : (texts) => texts.nothingToSend;
}

async function withdraw(
  context: Context,
  of: EventId,
  objection: Choice | undefined,
): Promise<ConversationId | undefined> {
  const { parts, fence, seq } = context;
  const cancelled = await parts.database.durable.transaction().execute(async (trx) => {
    const conversation = await cancelAnswer(trx, of);
    if (conversation && !objection) await settleEvent(trx, fence, seq, "withdrawn");
    return conversation;
  });
  if (cancelled && !objection) return cancelled;
  const answer = await findAnswer(parts.database.relaxed, of);
  // Cancelled: by this event, now or before a crash.
  if (answer?.state !== "cancelled") return sayTooLate(context, of);
  if (objection) await object(context, answer.conversation, objection, of);
  else await settle(context, "nothing-to-change", undefined);
  return answer.conversation;
}

/** Says that a change comes too late; a change to anything but an answer needs no word. */
async function sayTooLate(context: Context, of: EventId): Promise<undefined> {
  const answer = await findAnswer(context.parts.database.relaxed, of);
  if (answer && answer.state !== "cancelled" && answer.state !== "failed")
    return object(context, answer.conversation, (texts) => texts.alreadyLeft, of);
  return settle(context, "nothing-to-change", undefined);
}

/** Only a message of its own sends: whoever turns a note into a !reply must not believe that it has left. */
async function refuseToBegin(context: Context, of: EventId, command: string | undefined): Promise<undefined> {
  const { parts, room } = context;
  const known = command === "reply" ? await findMessages(parts.database.relaxed, room, [of]) : undefined;
  const message = known?.get(of);
  if (message?.author !== "agent") return settle(context, "nothing-to-change", undefined);
  return object(context, message.conversation, (texts) => texts.editSendsNothing, of);
}
