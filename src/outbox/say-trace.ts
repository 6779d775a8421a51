import type { ConversationId, EventId } from "../domain/ids.ts";
import { readSteps } from "../store/step.ts";
import { findTraced } from "../store/trace.ts";
import { type Context, object } from "./intake.ts";

/** Lists the steps of the message that an agent asks about: an answer, by itself or by a notice, or a citizen's message. */
export async function sayTrace(
  context: Context,
  conversation: ConversationId,
  of: EventId | undefined,
): Promise<undefined> {
  const { relaxed } = context.parts.database;
  const [message] = of === undefined ? [] : await findTraced(relaxed, { event: of });
  if (message === undefined) return object(context, conversation, (texts) => texts.nothingToTrace);
  const steps = await readSteps(relaxed, message.kind === "arrival" ? { arrival: message.id } : { answer: message.id });
  return object(context, conversation, (texts) => texts.traced(steps));
}
