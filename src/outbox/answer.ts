import type { ConversationId } from "../domain/ids.ts";
import { findAnswered } from "../store/answered.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { addMessage, type RecordedMessage, readPlace } from "../store/message.ts";
import { addAnswer } from "../store/outbox.ts";
import { listCopies, objectToCopies } from "./copies.ts";
import { objectToFile } from "./file-objection.ts";
import { type Context, object, renderSafely } from "./intake.ts";

/** Takes an agent's words on, to leave when the undo window has passed. @param to.answered the citizen's message, when it is one. */
export async function takeAnswer(
  context: Context,
  conversation: ConversationId,
  to: { answered: RecordedMessage | undefined; toAll: boolean },
): Promise<ConversationId | undefined> {
  const { parts, fence, room, seq, event } = context;
  const content = event.kind === "message" ? renderSafely(context, event.content) : undefined;
  const place = await readPlace(parts.database.relaxed, conversation, room);
  if (!content || !place) return object(context, conversation, (texts) => texts.nothingToSend);
  const answered = await findAnswered(parts.database.relaxed, conversation, to.answered?.event);
  const address = to.answered?.address ?? place.address;
  const cc = to.toAll ? listCopies(answered, address) : [];
  const bridge = parts.bridge(place.channel);
  const objection =
    (to.toAll ? objectToCopies(cc, bridge?.capabilities.cc ?? true) : undefined) ??
    objectToFile(content, bridge, parts.links);
  if (objection) return object(context, conversation, objection);

  const undoMs = parts.agency(place.agency)?.undoMs ?? 0;
  await parts.database.durable.transaction().execute(async (trx) => {
    await addMessage(trx, { event: event.id, room, conversation, author: "agent" });
    await addAnswer(trx, {
      conversation,
      event: event.id,
      agent: event.sender,
      address,
      cc,
      content,
      answered: answered?.event,
      inReplyTo: to.answered && (answered?.remoteId ?? to.answered.remoteId),
      dueAt: new Date(event.at.getTime() + undoMs),
      writtenAt: event.at,
    });
    await settleEvent(trx, fence, seq, "answer");
  });
  return conversation;
}
