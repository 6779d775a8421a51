import type { Logger } from "pino";
import { linkToEvent } from "../conversation/permalink.ts";
import { type DeskParts, sayInThread, sayToAgent } from "../desk/say.ts";
import { looksLike, outcomeOf, roundOf, showOutcome } from "../desk/show-outcome.ts";
import type { DeskTexts } from "../desk/texts.ts";
import type { Fence } from "../domain/fence.ts";
import type { EventId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readPlace } from "../store/message.ts";
import { type AgentsAnswer, type Answer, isAgents, isPending, markShown, postponeShowing } from "../store/outbox.ts";
import type { Shown } from "../store/schema.ts";

export interface ShowParts extends DeskParts {
  readonly log: Logger;
  texts(agency: string): DeskTexts;
}

/** How long a room that refuses the bot is tried, and how often, in milliseconds. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
const LEAST_WAIT_MS = 5_000;
const MOST_WAIT_MS = { unreachable: 60_000, refused: 30 * 60_000 };

/**
 * Brings the room up to date with an answer. A room that can't be spoken in now never delays the sending.
 * @returns when to try again.
 */
export async function show(parts: ShowParts, fence: Fence, answer: Answer): Promise<Date | undefined> {
  if (!isAgents(answer)) return showAcknowledgement(parts, fence, answer);
  const wanted = outcomeOf(answer, new Date());
  const done = !isPending(answer);
  if (answer.shown === wanted && answer.shownEvent && !done) return undefined;
  // The time of a settled answer says when it is to be shown.
  if (done && answer.dueAt.getTime() > Date.now()) return answer.dueAt;
  const news = answer.news?.state;
  let event: EventId | undefined;
  // Journalled first: what may stand in the room has to be taken back later, whatever happens in between.
  if (wanted === "waiting" && answer.shown === "nothing")
    await markShown(parts.database.durable, fence, answer.id, { shown: wanted, event, done, news });
  try {
    const stands = looksLike(answer.shown, wanted) ? answer.shownEvent : undefined;
    event = stands ?? (await showOutcome(parts, answer, wanted));
    await explain(parts, answer, wanted);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    parts.log.warn({ outbox: answer.id, code: error.errcode }, "outcome not shown");
    const again = nextShowing(new Date(), answer, error);
    if (again && done) await postponeShowing(parts.database.relaxed, fence, answer.id, again);
    // What still waits for its sending is shown with the next attempt.
    if (again) return done ? again : undefined;
  }
  await markShown(parts.database.relaxed, fence, answer.id, { shown: wanted, event, done, news });
  return undefined;
}

/** An acknowledgement is not seen, unless it did not arrive. @returns when to try again. */
async function showAcknowledgement(parts: ShowParts, fence: Fence, answer: Answer): Promise<Date | undefined> {
  if (isPending(answer)) return undefined;
  if (answer.dueAt.getTime() > Date.now()) return answer.dueAt;
  const wanted = outcomeOf(answer, new Date());
  const { database, log } = parts;
  try {
    if (wanted === "failed" && !(await explainSilence(parts, answer))) {
      const again = new Date(Date.now() + LEAST_WAIT_MS);
      await postponeShowing(database.relaxed, fence, answer.id, again);
      return again;
    }
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    log.warn({ outbox: answer.id, code: error.errcode }, "outcome not shown");
    const again = nextShowing(new Date(), answer, error);
    if (again) await postponeShowing(database.relaxed, fence, answer.id, again);
    if (again) return again;
  }
  const done = { shown: wanted, event: undefined, done: true, news: answer.news?.state };
  await markShown(database.relaxed, fence, answer.id, done);
  return undefined;
}

/** @returns false when the conversation does not stand in the room yet, and still may. */
async function explainSilence(parts: ShowParts, answer: Answer): Promise<boolean> {
  const place = await readPlace(parts.database.relaxed, answer.conversation.id, answer.room);
  const { news } = answer;
  if (place?.root === undefined) return Date.now() - answer.writtenAt.getTime() > GIVE_UP_AFTER_MS;
  const [cause, said] = news ? [news.remark ?? news.code, news.remoteAnswer] : [answer.code ?? "", answer.remoteAnswer];
  const text = parts.texts(place.agency).notAcknowledged(cause, said);
  await sayInThread(parts, { ...place, root: place.root }, text, ["acknowledgement", answer.id]);
  return true;
}

/** As long again as it has taken already, within bounds. @returns undefined: a refusal that nobody has lifted for a day. */
function nextShowing(now: Date, answer: Answer, error: MatrixError): Date | undefined {
  const age = now.getTime() - (answer.settledAt ?? answer.writtenAt).getTime();
  if (error.isRefusal && (age > GIVE_UP_AFTER_MS || isPending(answer))) return undefined;
  const most = error.isRefusal ? MOST_WAIT_MS.refused : MOST_WAIT_MS.unreachable;
  const wait = Math.min(Math.max(age, LEAST_WAIT_MS), most);
  return new Date(now.getTime() + Math.max(wait, error.retryAfterMs ?? 0));
}

const failedBefore = ({ attemptsBefore }: Answer): Shown[] => (attemptsBefore > 0 ? ["failed"] : []);

async function explain(parts: ShowParts, answer: AgentsAnswer, wanted: Shown): Promise<void> {
  // A failure may stand there since before it was sent again.
  const untold: readonly Shown[] = ["nothing", "waiting", "delayed", ...failedBefore(answer)];
  const isPartial = answer.refused.length > 0 && untold.includes(answer.shown);
  // Refused for the citizen too: the list of those who refused says it.
  const isTrouble = (wanted === "failed" || wanted === "delayed") && (!isPartial || answer.news !== undefined);
  if (!isPartial && !isTrouble) return;
  const place = await findReader(parts, answer);
  if (!place) return;
  const texts = parts.texts(place.agency);
  const { event, agent, room } = answer;
  const hasMoved = place.room !== room;
  const link = hasMoved ? ` ${linkToEvent({ room, event }, parts.users.domain)}` : "";
  const below = hasMoved ? place.root : undefined;
  const say = (text: string) =>
    sayToAgent(parts, place, { text: `${text}${link}`, about: event, agent, below, round: roundOf(answer) });
  // Nobody has it, or nobody knows: what follows is the agent's to decide.
  const withChoice = (text: string) => (wanted === "failed" ? `${text} ${texts.choice}` : text);
  if (isPartial) await say(isTrouble ? texts.refused(answer.refused) : withChoice(texts.refused(answer.refused)));
  if (isTrouble) await say(withChoice(wordsFor(texts, answer)));
}

/** Where agents read: in the room in which the conversation goes on, once it has begun there; else where the answer stands. */
async function findReader({ database }: ShowParts, { conversation, room }: AgentsAnswer) {
  const now =
    conversation.room === room ? undefined : await readPlace(database.relaxed, conversation.id, conversation.room);
  return now?.root === undefined ? readPlace(database.relaxed, conversation.id, room) : now;
}

/** Why an answer has not arrived, and what the agent can do. */
function wordsFor(texts: DeskTexts, answer: Pick<Answer, "state" | "code" | "remoteAnswer" | "news">): string {
  const { news } = answer;
  if (news?.state === "failed") return texts.cameBack(news.remark ?? news.code, news.remoteAnswer);
  if (news?.state === "delayed") return texts.heldUp(news.remark ?? news.code, news.remoteAnswer);
  const code = answer.code ?? "";
  if (answer.state === "queued" || answer.state === "attempting") return texts.delayed(code, answer.remoteAnswer);
  if (answer.state === "unknown") return texts.unknown(code);
  if (code === "CANNOT_ANSWER") return texts.cannotAnswer;
  if (code === "GAVE_UP") return texts.gaveUp(answer.remoteAnswer ?? "");
  return texts.rejected(code, answer.remoteAnswer);
}
