import type { Bridge } from "../adapter/index.ts";
import { sayPreview } from "../desk/say-preview.ts";
import type { Fence } from "../domain/fence.ts";
import { MatrixError } from "../matrix/matrix-error.ts";
import { type AgentsAnswer, type Answer, isAgents, markPreviewed } from "../store/outbox.ts";
import type { Links } from "./links.ts";
import { previewAnswer } from "./preview.ts";
import type { ShowParts } from "./show.ts";

export interface PreviewParts extends ShowParts {
  readonly links: Links | undefined;
  /** The running bridge of a channel; undefined when it was taken out of the configuration. */
  bridge(channel: string): Bridge | undefined;
}

const AGAIN_MS = 2_000;

/**
 * Says in the room what an answer comes to, as long as the agent can change it; follows edits, and goes with an answer
 * that is taken back. What stands there when the answer leaves, stays. Never delays the sending.
 * @returns when to try again.
 */
export async function showPreview(parts: PreviewParts, fence: Fence, answer: Answer): Promise<Date | undefined> {
  if (!isAgents(answer)) return undefined;
  const wanted = wantedOf(parts, answer);
  const stands = answer.preview;
  if (wanted === stands?.text) return undefined;
  const { database, log } = parts;
  try {
    const event = await sayPreview(parts, answer, { wanted, stands: stands?.event });
    const text = wanted ?? "";
    await markPreviewed(database.relaxed, fence, answer.id, event === undefined ? undefined : { text, event });
    return undefined;
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    log.warn({ outbox: answer.id, code: error.errcode }, "what an answer comes to is not shown");
    return error.isRefusal ? undefined : new Date(Date.now() + Math.max(AGAIN_MS, error.retryAfterMs ?? 0));
  }
}

function wantedOf({ links, bridge: bridgeOf, texts }: PreviewParts, answer: AgentsAnswer): string | undefined {
  const { state, dueAt, preview, conversation, channel } = answer;
  if (state === "cancelled") return undefined;
  const bridge = bridgeOf(channel);
  const isChangeable = state === "held" && dueAt.getTime() > Date.now();
  if (!isChangeable || !bridge?.send) return preview?.text;
  return previewAnswer(answer, { bridge, links, texts: texts(conversation.agency) });
}
