import type { Logger } from "pino";
import { type Bridge, DeliveryError } from "../adapter/index.ts";
import type { Fence } from "../domain/fence.ts";
import type { ConversationId } from "../domain/ids.ts";
import type { Turn } from "../domain/turn.ts";
import { claimAttempt, type Ending, settleAttempt } from "../store/attempt.ts";
import { type Answer, isPending, readOpenAnswers } from "../store/outbox.ts";
import { endingOf, endingOfSent } from "./ending.ts";
import { type OutboundParts, outboundOf } from "./outbound.ts";
import { readFault } from "./read-fault.ts";
import { show } from "./show.ts";
import { type PreviewParts, showPreview } from "./show-preview.ts";

export interface OutboxDelivery extends PreviewParts, OutboundParts {
  readonly log: Logger;
}

/** Longest attempt in milliseconds. */
const ATTEMPT_TIMEOUT_MS = 5 * 60_000;

/** Sends a conversation's answers in the order they were written, and shows how each ended. */
export async function deliverAnswers(
  parts: OutboxDelivery,
  fence: Fence,
  conversation: ConversationId,
  turn: Turn,
): Promise<Date | undefined> {
  let next: Date | undefined;
  const later = (at: Date | undefined) => {
    if (at && (!next || at < next)) next = at;
  };
  let blocked = false;
  for (const answer of await readOpenAnswers(parts.database.relaxed, conversation)) {
    const attemptNow = isPending(answer) && !blocked && answer.dueAt.getTime() <= Date.now() && !fence.signal.aborted;
    const current = attemptNow ? await attempt(parts, fence, answer, turn) : answer;
    later(await showPreview(parts, fence, current));
    later(await show(parts, fence, current));
    if (!isPending(current)) continue;
    if (!blocked) later(current.dueAt);
    // Nothing overtakes an answer that still waits; answers need not wait for guichet's own words.
    if (current.kind === "answer") blocked = true;
  }
  return next;
}

async function attempt(parts: OutboxDelivery, fence: Fence, answer: Answer, turn: Turn): Promise<Answer> {
  const bridge = parts.bridge(answer.channel);
  // Found like this, an earlier worker died during its attempt: nobody knows how it ended.
  const isLost = answer.state === "attempting" && bridge?.capabilities.repeatable !== true;
  if (isLost) return settle(parts, fence, answer, { state: "unknown", code: "INTERRUPTED", mayHaveLeft: true });
  const now = new Date();
  await claimAttempt(parts.database.durable, fence, answer.id, now);
  const claimed: Answer = {
    ...answer,
    state: "attempting",
    attempts: answer.attempts + 1,
    firstAttemptAt: answer.firstAttemptAt ?? now,
  };
  return settle(parts, fence, claimed, await turn.outside(() => hand(parts, fence, bridge, claimed)));
}

async function settle(parts: OutboxDelivery, fence: Fence, answer: Answer, ending: Ending): Promise<Answer> {
  await settleAttempt(parts.database.durable, fence, answer, ending);
  const { state, code, remoteAnswer, dueAt = answer.dueAt, refused = [] } = ending;
  parts.log.info({ outbox: answer.id, state, code, attempts: answer.attempts }, "answer attempted");
  const settledAt = state === "queued" ? undefined : new Date();
  return { ...answer, state, code, remoteAnswer, dueAt, refused, settledAt };
}

async function hand(parts: OutboxDelivery, fence: Fence, bridge: Bridge | undefined, answer: Answer): Promise<Ending> {
  if (bridge && !bridge.send) return { state: "failed", code: "CANNOT_ANSWER" };
  try {
    if (!bridge?.send) throw new DeliveryError("retry", "CHANNEL_UNKNOWN");
    const signal = AbortSignal.any([fence.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]);
    const sent = await bridge.send(await outboundOf(parts, answer, bridge.capabilities), signal);
    return endingOfSent(sent, answer);
  } catch (error) {
    const fault = readFault(error);
    if (!fault) parts.log.error({ err: error, outbox: answer.id }, "bridge broke its contract");
    return endingOf(
      fault ?? new DeliveryError("unknown", "BRIDGE_FAULT", { cause: error }),
      answer,
      bridge?.capabilities.repeatable === true,
    );
  }
}
