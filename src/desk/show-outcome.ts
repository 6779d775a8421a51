import type { EventId } from "../domain/ids.ts";
import type { LateState } from "../domain/late-news.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { asMember } from "../matrix/membership.ts";
import { nameTransaction } from "../matrix/transaction-id.ts";
import { type AgentsAnswer, type Answer, isPending } from "../store/outbox.ts";
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

/** Names of transactions differ from those before a person asked for another attempt. */
export const roundOf = ({ attemptsBefore }: Pick<Answer, "attemptsBefore">): string[] =>
  attemptsBefore === 0 ? [] : [`after ${attemptsBefore}`];

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

/** How an answer ended on which this reaction of the bot stands; what follows a space in its key names the channel. */
export function readOutcome(key: string): "sent" | "failed" | undefined {
  const [sign] = key.split(" ");
  if (sign === KEYS.failed) return "failed";
  return sign === KEYS.sent || sign === KEYS.read ? "sent" : undefined;
}

/**
 * Makes the agent's message carry exactly the reaction that it deserves; a repetition after a crash changes nothing.
 * @returns the reaction's event.
 */
export const showOutcome = (parts: DeskParts, answer: AgentsAnswer, wanted: Shown): Promise<EventId | undefined> =>
  asMember(parts, answer.room, () => change(parts, answer, wanted));

async function change(parts: DeskParts, answer: AgentsAnswer, wanted: Shown): Promise<EventId | undefined> {
  const { shown, shownEvent, news, room } = answer;
  // The same reaction can come a second time, after news: under one name it would be taken for a repetition.
  const round = roundOf(answer);
  const since = [...round, ...(news === undefined ? [] : [news.state])];
  const now = wanted === "nothing" ? undefined : await react(parts, answer, wanted, since);
  // What a crash left in the room without its name in our store tells its name when it is sent once more.
  const isNameless = shownEvent === undefined && shown === "waiting" && !looksLike(shown, wanted);
  const before = isNameless ? await react(parts, answer, shown, round) : shownEvent;
  if (before && before !== now) {
    const txnId = nameTransaction("outcome", answer.id, "take back", shown, ...since);
    await parts.client.redact(room, before, { as: parts.users.bot, txnId });
  }
  return now;
}

async function react(
  { client, users }: DeskParts,
  { id, event, room, isElsewhere, channel }: AgentsAnswer,
  outcome: Exclude<Shown, "nothing">,
  since: readonly string[],
): Promise<EventId | undefined> {
  // By which channel it leaves is said where that is not plain.
  const key = isElsewhere ? `${KEYS[outcome]} ${channel}` : KEYS[outcome];
  const content = { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } };
  const txnId = nameTransaction("outcome", id, key, ...since);
  return client.send(room, "m.reaction", content, { as: users.bot, txnId }).catch((error: unknown) => {
    // It stands there already, from an attempt too long ago for the homeserver to know it again.
    if (error instanceof MatrixError && error.errcode === "M_DUPLICATE_ANNOTATION") return undefined;
    throw error;
  });
}
