import type { EventId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { asMember } from "../matrix/membership.ts";
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
export const showOutcome = (parts: DeskParts, answer: Answer): Promise<EventId | undefined> =>
  asMember(parts, answer.conversation.room, () => show(parts, answer));

async function show({ client, users }: DeskParts, answer: Answer): Promise<EventId | undefined> {
  const { room } = answer.conversation;
  const wanted = outcomeOf(answer.state);
  let shown: EventId | undefined;
  if (wanted !== "nothing") {
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: answer.event, key: KEYS[wanted] } };
    const txnId = nameTransaction("outcome", answer.id, wanted);
    shown = await client.send(room, "m.reaction", content, { as: users.bot, txnId }).catch((error: unknown) => {
      // It stands there already, from an attempt too long ago for the homeserver to know it again.
      if (error instanceof MatrixError && error.errcode === "M_DUPLICATE_ANNOTATION") return undefined;
      throw error;
    });
  }
  if (answer.shownEvent && answer.shownEvent !== shown) {
    const txnId = nameTransaction("outcome", answer.id, "take back", answer.shown);
    await client.redact(room, answer.shownEvent, { as: users.bot, txnId });
  }
  return shown;
}
