import type { EventId } from "../domain/ids.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import type { Answer } from "../store/outbox.ts";
import type { OutboxState, Shown } from "../store/schema.ts";
import type { DeskParts } from "./say.ts";

const KEYS: Readonly<Record<Exclude<Shown, "nothing">, string>> = { waiting: "⏳", sent: "✅", failed: "❌" };

/** The reaction that an answer deserves. */
export function outcomeOf(state: OutboxState): Shown {
  if (state === "sent") return "sent";
  if (state === "cancelled") return "nothing";
  return state === "failed" || state === "unknown" ? "failed" : "waiting";
}

/**
 * Makes the agent's message carry exactly the reaction that it deserves; a repetition after a crash changes nothing.
 * @returns the reaction's event.
 */
export async function showOutcome(parts: DeskParts, answer: Answer): Promise<EventId | undefined> {
  const wanted = outcomeOf(answer.state);
  const shown = wanted === "nothing" ? undefined : await react(parts, answer, wanted);
  const before = await findShown(parts, answer);
  if (before && before !== shown) {
    const txnId = nameTransaction("outcome", answer.id, "take back", answer.shown);
    await parts.client.redact(answer.conversation.room, before, { as: parts.users.bot, txnId });
  }
  return shown;
}

/** What a crash left in the room without its name in our store tells its name when it is sent once more. */
async function findShown(parts: DeskParts, answer: Answer): Promise<EventId | undefined> {
  if (answer.shownEvent !== undefined || answer.shown === "nothing") return answer.shownEvent;
  return react(parts, answer, answer.shown);
}

async function react(
  { client, users }: DeskParts,
  { id, event, conversation }: Answer,
  outcome: Exclude<Shown, "nothing">,
): Promise<EventId> {
  const content = { "m.relates_to": { rel_type: "m.annotation", event_id: event, key: KEYS[outcome] } };
  const txnId = nameTransaction("outcome", id, outcome);
  return client.send(conversation.room, "m.reaction", content, { as: users.bot, txnId });
}
