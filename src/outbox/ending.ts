import type { DeliveryError } from "../adapter/index.ts";
import type { Answer, Ending } from "../store/outbox.ts";
import { nextAttempt } from "./retry.ts";

/** What follows from a failed attempt: decided from its consequence alone. */
export function endingOf(
  fault: DeliveryError,
  answer: Pick<Answer, "attempts" | "firstAttemptAt">,
  repeatable: boolean,
): Ending {
  const { code, remoteAnswer } = fault;
  const mayHaveLeft = fault.consequence === "unknown";
  if (fault.consequence === "rejected") return { state: "failed", code, remoteAnswer };
  if (mayHaveLeft && !repeatable) return { state: "unknown", code, remoteAnswer, mayHaveLeft };
  const now = new Date();
  const dueAt = nextAttempt(now, answer.firstAttemptAt ?? now, answer.attempts);
  if (dueAt) return { state: "queued", dueAt, code, remoteAnswer, mayHaveLeft };
  if (mayHaveLeft) return { state: "unknown", code, remoteAnswer, mayHaveLeft };
  return { state: "failed", code: "GAVE_UP", remoteAnswer: remoteAnswer ? `${code}: ${remoteAnswer}` : code };
}
