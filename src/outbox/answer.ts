import type { ConversationId } from "../domain/ids.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { addMessage, type RecordedMessage, readPlace } from "../store/message.ts";
import { addAnswer } from "../store/outbox.ts";
import { type Context, object, renderSafely } from "./intake.ts";

/** Takes an agent's words on, to leave when the undo window has passed. @param answered the citizen's message, when it is one. */
export async function takeAnswer(
  context: Context,
  conversation: ConversationId,
  answered: RecordedMessage | undefined,
): Promise<ConversationId | undefined> {
  const { parts, fence, room, seq, event } = context;
  const content = event.kind === "message" ? renderSafely(context, event.content) : undefined;
  const place = await readPlace(parts.database.relaxed, conversation, room);
  if (!content || !place) return object(context, conversation, (texts) => texts.nothingToSend);
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
