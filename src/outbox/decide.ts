import type { Decision } from "../domain/decision.ts";
import type { ConversationId, EventId } from "../domain/ids.ts";
import { decideDead, isAboutAnswer } from "../store/dead.ts";
import { settleEvent } from "../store/matrix-event.ts";
import { type Context, object, settle } from "./intake.ts";

/**
 * Carries out what an agent decides about a dead letter, by a reaction on the answer or on a notice about it. A second
 * agent who decides the same, or something else, comes too late. Reactions on anything but an answer are agents' talk.
 */
export async function decide(
  context: Context,
  { conversation, of, decision }: { conversation: ConversationId; of: EventId; decision: Decision },
): Promise<ConversationId | undefined> {
  const { parts, fence, seq } = context;
  const decided = await parts.database.durable.transaction().execute(async (trx) => {
    const found = await decideDead(trx, { event: of }, decision, "BY_AGENT");
    if (found) await settleEvent(trx, fence, seq, decision);
    return found;
  });
  if (decided) return decided;
  if (!(await isAboutAnswer(parts.database.relaxed, of))) return settle(context, "not-an-answer", undefined);
  return object(context, conversation, (texts) => texts.nothingToDecide, of);
}
