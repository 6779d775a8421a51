import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import {
  type Bridge,
  DeliveryError,
  type Draft,
  type Health,
  type Opening,
  type OutboundMessage,
  type Preview,
  type Sent,
} from "../adapter/index.ts";
import type { ChannelId } from "../domain/ids.ts";
import { runFor } from "./blame.ts";

/** What a bridge has to end an attempt whose signal has aborted, in milliseconds. */
const GRACE_MS = 5_000;

export interface GuardParts {
  readonly channel: ChannelId;
  readonly log: Logger;
  /** Whether the channel is started and not yet stopped. */
  readonly isOpen: () => boolean;
  readonly graceMs?: number;
}

/**
 * A bridge as the core uses it: whatever it throws, and however long it stays silent, each call ends, in time and in one
 * of the ways that the contract knows.
 */
export function guardBridge(bridge: Bridge, parts: GuardParts): Bridge {
  const { channel } = parts;
  const { capabilities, addresses, opening } = bridge;
  const send = bridge.send?.bind(bridge);
  const preview = bridge.preview?.bind(bridge);
  return {
    capabilities: { ...capabilities, send: capabilities.send && send !== undefined },
    ...(addresses === undefined ? {} : { addresses: [...addresses] }),
    ...(opening === undefined ? {} : { opening: guardOpening(opening, parts) }),
    ...(send === undefined || !capabilities.send ? {} : { send: guardSend(send, parts) }),
    ...(preview === undefined ? {} : { preview: guardPreview(preview, parts) }),
    start: async (signal) => runFor(channel, () => bridge.start(signal)),
    stop: async (deadline) => runFor(channel, () => bridge.stop(deadline)),
    health: () => readHealth(bridge, parts),
  };
}

type Send = (message: OutboundMessage, signal: AbortSignal) => Promise<Sent>;

function guardSend(send: Send, { channel, isOpen, graceMs = GRACE_MS }: GuardParts): Send {
  return async (message, signal) => {
    // Nothing was handed over: the answer waits until the channel is back.
    if (!isOpen()) throw new DeliveryError("retry", "CHANNEL_DOWN");
    const ended = new AbortController();
    try {
      return await Promise.race([
        // In a function of its own, so that what is thrown at once is a rejection, too.
        runFor(channel, async () => send(message, signal)),
        outlast(signal, graceMs, ended.signal),
      ]);
    } finally {
      ended.abort();
    }
  };
}

/** Rejects when `signal` has aborted and the grace has passed without an ending. */
async function outlast(signal: AbortSignal, graceMs: number, ended: AbortSignal): Promise<never> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true, signal: ended });
    });
  await sleep(graceMs, undefined, { signal: ended }).catch(() => new Promise<never>(() => undefined));
  throw new DeliveryError("unknown", "BRIDGE_SILENT");
}

const guardOpening = (opening: Opening, { channel, log }: GuardParts): Opening => ({
  verb: opening.verb,
  example: opening.example,
  parseAddress(text) {
    try {
      return runFor(channel, () => opening.parseAddress(text));
    } catch (error) {
      log.error({ err: error, code: "BRIDGE_FAULT" }, "the bridge broke its contract in parseAddress");
      return undefined;
    }
  },
});

/** In characters and in number, of what a bridge adds to a notice. */
const LONGEST_REMARK = 500;
const MOST_REMARKS = 5;

function guardPreview(preview: (draft: Draft) => Preview, { channel, log }: GuardParts): (draft: Draft) => Preview {
  const nothing: Preview = { parts: 1 };
  const odd = (error: unknown): Preview => {
    log.error({ err: error, code: "BRIDGE_FAULT" }, "the bridge broke its contract in preview");
    return nothing;
  };
  return (draft) => {
    try {
      const { parts, cost, remarks = [] } = runFor(channel, () => preview(draft));
      if (!Number.isSafeInteger(parts) || parts < 1) return odd(new Error("no number of parts"));
      if (cost && !(Number.isFinite(cost.amount) && cost.amount >= 0 && /^[A-Z]{3}$/.test(cost.currency)))
        return odd(new Error("no amount, or no currency"));
      const said = [...remarks].slice(0, MOST_REMARKS).map((remark) => String(remark).slice(0, LONGEST_REMARK));
      return {
        parts,
        ...(cost ? { cost: { amount: cost.amount, currency: cost.currency } } : {}),
        ...(said.length === 0 ? {} : { remarks: said }),
      };
    } catch (error) {
      return odd(error);
    }
  };
}

const STATES: readonly unknown[] = ["starting", "up", "degraded", "stopped"] satisfies Health["state"][];

function readHealth(bridge: Bridge, { channel, log }: GuardParts): Health {
  const odd = (error: unknown): Health => {
    log.error({ err: error, code: "BRIDGE_FAULT" }, "the bridge broke its contract in health");
    return { state: "degraded", since: new Date(), reason: "BRIDGE_FAULT" };
  };
  try {
    const { state, since, reason } = runFor(channel, () => bridge.health());
    if (!STATES.includes(state) || !(since instanceof Date)) return odd(new Error("no state, or no date"));
    return { state, since, ...(reason === undefined ? {} : { reason: String(reason).slice(0, 200) }) };
  } catch (error) {
    return odd(error);
  }
}
