import type { EventId } from "../domain/ids.ts";
import type { LateState } from "../domain/late-news.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import type { Answer } from "../store/outbox.ts";
import type { OutboxState, Shown } from "../store/schema.ts";
import type { DeskParts } from "./say.ts";

const KEYS: Readonly<Record<Exclude<Shown, "nothing">, string>> = {
  waiting: "⏳",
  delayed: "⏳",
  sent: "✅",
  failed: "❌",
  read: "👁",
};

const NEWS: Readonly<Record<LateState, Shown>> = {
  delayed: "delayed",
  delivered: "sent",
  failed: "failed",
  read: "read",
};

/** The reaction that an answer deserves: what became of it later counts more than that it left. */
export function outcomeOf({ state, news }: Pick<Answer, "state" | "news">): Shown {
  if (state === "cancelled") return "nothing";
  if (isUnderWay(state)) return "waiting";
  if (news !== undefined) return NEWS[news.state];
  return state === "sent" ? "sent" : "failed";
}

/** Not yet ended: it waits, or is tried. */
export const isUnderWay = (state: OutboxState) => state === "held" || state === "queued" || state === "attempting";

/**
 * Makes the agent's message carry exactly the reaction that it deserves; a repetition after a crash changes nothing.
 * @returns the reaction's event.
 */
export async function showOutcome({ client, users }: DeskParts, answer: Answer): Promise<EventId | undefined> {
  const { room } = answer.conversation;
  const wanted = outcomeOf(answer);
  // The same reaction can come a second time, after news: under one name it would be taken for a repetition.
  const since = answer.news === undefined ? [] : [answer.news.state];
  let shown: EventId | undefined;
  if (wanted !== "nothing") {
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: answer.event, key: KEYS[wanted] } };
    const txnId = nameTransaction("outcome", answer.id, wanted, ...since);
    shown = await client.send(room, "m.reaction", content, { as: users.bot, txnId });
  }
  if (answer.shownEvent && answer.shownEvent !== shown) {
    const txnId = nameTransaction("outcome", answer.id, "take back", answer.shown, ...since);
    await client.redact(room, answer.shownEvent, { as: users.bot, txnId });
  }
  return shown;
}
