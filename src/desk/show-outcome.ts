import type { EventId } from "../domain/ids.ts";
import type { LateState } from "../domain/late-news.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { asMember } from "../matrix/membership.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import { type Answer, isPending } from "../store/outbox.ts";
import type { Shown } from "../store/schema.ts";
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

/** An answer that is still tried after this time is called delayed, in milliseconds. */
const DELAYED_MS = 15 * 60_000;

/** What the room should show of an answer: what became of it later counts more than that it left. */
export function outcomeOf(
  { state, firstAttemptAt, news }: Pick<Answer, "state" | "firstAttemptAt" | "news">,
  now: Date,
): Shown {
  if (state === "cancelled") return "nothing";
  if (isPending({ state })) {
    const isDelayed = firstAttemptAt !== undefined && now.getTime() - firstAttemptAt.getTime() >= DELAYED_MS;
    return isDelayed ? "delayed" : "waiting";
  }
  if (news !== undefined) return NEWS[news.state];
  return state === "sent" ? "sent" : "failed";
}

/** Both stand for the same reaction. */
export const looksLike = (one: Shown, other: Shown) =>
  one === other || (one !== "nothing" && other !== "nothing" && KEYS[one] === KEYS[other]);

/**
 * Makes the agent's message carry exactly the reaction that it deserves; a repetition after a crash changes nothing.
 * @returns the reaction's event.
 */
export const showOutcome = (parts: DeskParts, answer: Answer, wanted: Shown): Promise<EventId | undefined> =>
  asMember(parts, answer.conversation.room, () => show(parts, answer, wanted));

async function show({ client, users }: DeskParts, answer: Answer, wanted: Shown): Promise<EventId | undefined> {
  const { room } = answer.conversation;
  // The same reaction can come a second time, after news: under one name it would be taken for a repetition.
  const since = answer.news === undefined ? [] : [answer.news.state];
  let shown: EventId | undefined;
  if (wanted !== "nothing") {
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: answer.event, key: KEYS[wanted] } };
    const txnId = nameTransaction("outcome", answer.id, wanted, ...since);
    shown = await client.send(room, "m.reaction", content, { as: users.bot, txnId }).catch((error: unknown) => {
      // It stands there already, from an attempt too long ago for the homeserver to know it again.
      if (error instanceof MatrixError && error.errcode === "M_DUPLICATE_ANNOTATION") return undefined;
      throw error;
    });
  }
  if (answer.shownEvent && answer.shownEvent !== shown) {
    const txnId = nameTransaction("outcome", answer.id, "take back", answer.shown, ...since);
    await client.redact(room, answer.shownEvent, { as: users.bot, txnId });
  }
  return shown;
}
