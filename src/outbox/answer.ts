import type { ConversationId } from "../domain/ids.ts";
import { findAnswered } from "../store/answered.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { addMessage, type RecordedMessage, readPlace } from "../store/message.ts";
import { addAnswer } from "../store/outbox.ts";
import { addWay } from "../store/way.ts";
import { listCopies, objectToCopies } from "./copies.ts";
import { objectToFile } from "./file-objection.ts";
import { type Context, object, renderSafely } from "./intake.ts";
import { readVia, routeAnswer } from "./route-answer.ts";

/** What an agent's words answer, and for whom they are. */
export interface AnswerTarget {
  /** The citizen's message, when it is one. */
  readonly answered: RecordedMessage | undefined;
  readonly toAll: boolean;
  /** The first line says by which channel. */
  readonly isVia: boolean;
}

/** Takes an agent's words on, to leave when the undo window has passed. */
export async function takeAnswer(
  context: Context,
  conversation: ConversationId,
  to: AnswerTarget,
): Promise<ConversationId | undefined> {
  const { parts, fence, room, seq, event } = context;
  const { isVia } = to;
  const words = event.kind === "message" ? event.content : undefined;
  const content = words && renderSafely(context, words, { isHeaded: isVia });
  const place = await readPlace(parts.database.relaxed, conversation, room);
  if (!words || !content || !place)
    return object(context, conversation, (texts) => (isVia ? texts.viaText : texts.nothingToSend));
  const answered = await findAnswered(parts.database.relaxed, conversation, to.answered?.event);
  const via = isVia ? readVia(words) : undefined;
  const routed = await routeAnswer(parts, { place, answered, isReply: to.answered !== undefined, via });
  if (routed.objection) return object(context, conversation, routed.objection);
  const { route, way, newWay } = routed;
  const cc = to.toAll ? listCopies(answered, route.address) : [];
  const bridge = parts.bridge(way.channel);
  const objection =
    (to.toAll ? objectToCopies(cc, bridge?.capabilities.cc ?? true) : undefined) ??
    objectToFile(content, bridge, parts.links);
  if (objection) return object(context, conversation, objection);

  const undoMs = parts.agency(place.agency)?.undoMs ?? 0;
  await parts.database.durable.transaction().execute(async (trx) => {
    await addMessage(trx, { event: event.id, room, conversation, author: "agent" });
    if (newWay) await addWay(trx, conversation, newWay);
    await addAnswer(trx, {
      conversation,
      event: event.id,
      agent: event.sender,
      ...route,
      cc,
      content,
      answered: answered?.event,
      dueAt: new Date(event.at.getTime() + undoMs),
      writtenAt: event.at,
    });
    await settleEvent(trx, fence, seq, "answer");
  });
  return conversation;
}
