import type { Logger } from "pino";
import { type DeskParts, sayToAgent } from "../desk/say.ts";
import { outcomeOf, showOutcome } from "../desk/show-outcome.ts";
import type { DeskTexts } from "../desk/texts.ts";
import { nextTry } from "../domain/back-off.ts";
import type { Fence } from "../domain/fence.ts";
import type { EventId } from "../domain/ids.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { readPlace } from "../store/message.ts";
import { type Answer, markShown } from "../store/outbox.ts";

export interface ShowParts extends DeskParts {
  readonly log: Logger;
  texts(agency: string): DeskTexts;
}

/**
 * Brings the room up to date with an answer. A room that can't be spoken in now never delays the sending.
 * @returns when to try again.
 */
export async function show(parts: ShowParts, fence: Fence, answer: Answer): Promise<Date | undefined> {
  const wanted = outcomeOf(answer.state);
  const done = wanted !== "waiting";
  if (answer.shown === wanted && answer.shownEvent && !done) return undefined;
  let event: EventId | undefined;
  // Journalled first: what may stand in the room has to be taken back later, whatever happens in between.
  if (wanted === "waiting" && answer.shown === "nothing")
    await markShown(parts.database.durable, fence, answer.id, { shown: wanted, event, done });
  try {
    event = await showOutcome(parts, answer);
    if (wanted === "failed") await explain(parts, answer);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    parts.log.warn({ outbox: answer.id, code: error.errcode }, "outcome not shown");
    if (error.consequence === "retry")
      return nextTry(new Date(), 1, { firstMs: 10_000, mostMs: 10_000, askedMs: error.retryAfterMs });
  }
  await markShown(parts.database.relaxed, fence, answer.id, { shown: wanted, event, done });
  return undefined;
}

async function explain(parts: ShowParts, answer: Answer): Promise<void> {
  const place = await readPlace(parts.database.relaxed, answer.conversation.id);
  if (!place) return;
  const text = wordsFor(parts.texts(place.agency), answer);
  await sayToAgent(parts, place, { text, about: answer.event, agent: answer.agent });
}

/** Why an answer did not arrive, and what the agent can do. */
function wordsFor(texts: DeskTexts, answer: Pick<Answer, "state" | "code" | "remoteAnswer">): string {
  const code = answer.code ?? "";
  if (answer.state === "unknown") return texts.unknown(code);
  if (code === "CANNOT_ANSWER") return texts.cannotAnswer;
  if (code === "GAVE_UP") return texts.gaveUp(answer.remoteAnswer ?? "");
  return texts.rejected(code, answer.remoteAnswer);
}
