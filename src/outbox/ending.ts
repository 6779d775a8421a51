import type { DeliveryError, Sent } from "../adapter/index.ts";
import { GAVE_UP } from "../domain/message-steps.ts";
import type { Ending } from "../store/attempt.ts";
import type { Answer } from "../store/outbox.ts";
import { nextAttempt } from "./retry.ts";

/** Recipients beyond these are not told one by one. */
const MOST_REFUSED = 100;

/** What the remote took for others only has not reached the citizen: that is a failure. */
export function endingOfSent({ remoteId, refused = [] }: Sent, { address }: Pick<Answer, "address">): Ending {
  const citizen = refused.find((one) => one.address === address);
  const list = refused.length === 0 ? {} : { refused: refused.slice(0, MOST_REFUSED) };
  if (citizen === undefined) return { state: "sent", remoteId, ...list };
  return { state: "failed", remoteId, code: citizen.code, remoteAnswer: citizen.remoteAnswer, ...list };
}

/** What follows from a failed attempt: decided from its consequence alone. */
export function endingOf(
  fault: DeliveryError,
  answer: Pick<Answer, "attempts" | "attemptsBefore" | "firstAttemptAt">,
  repeatable: boolean,
): Ending {
  const { code, remoteAnswer } = fault;
  const mayHaveLeft = fault.consequence === "unknown";
  if (fault.consequence === "rejected") return { state: "failed", code, remoteAnswer };
  if (mayHaveLeft && !repeatable) return { state: "unknown", code, remoteAnswer, mayHaveLeft };
  const now = new Date();
  const dueAt = nextAttempt(now, answer.firstAttemptAt ?? now, answer.attempts - answer.attemptsBefore);
  if (dueAt) return { state: "queued", dueAt, code, remoteAnswer, mayHaveLeft };
  if (mayHaveLeft) return { state: "unknown", code, remoteAnswer, mayHaveLeft };
  return { state: "failed", code: GAVE_UP, remoteAnswer: remoteAnswer ? `${code}: ${remoteAnswer}` : code };
}
