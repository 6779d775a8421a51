import type { InboundMessage, Inbox } from "../adapter/index.ts";
import { runForCore } from "./blame.ts";

/** Arrivals of one channel that are stored at the same time, and that wait for this. */
const AT_ONCE = 32;
const WAITING = 1_000;
/** Of a channel that crowds others: the rest after each arrival, as a multiple of its storing, and at most, in milliseconds. */
const REST = 10;
const MOST_REST_MS = 1_000;

/** The store can take no more of this channel now: the bridge asks its remote to try again. */
class ChannelBusyError extends Error {
  override readonly name = "ChannelBusyError";
  readonly code = "CHANNEL_BUSY";
}

export interface DoorOptions {
  /** Whether the channel has so many arrivals that others would feel it. */
  crowds(): boolean;
  readonly atOnce?: number;
  readonly waiting?: number;
}

/**
 * An inbox that one channel cannot fill for all: a few arrivals at a time, some more wait, and the rest is to come again.
 * While the channel crowds others, arrivals are stored one at a time, with a rest after each.
 */
export function limitInbox(inbox: Inbox, { crowds, atOnce = AT_ONCE, waiting = WAITING }: DoorOptions): Inbox {
  let running = 0;
  const queue: (() => void)[] = [];
  const isOpen = () => running < (crowds() ? 1 : atOnce);
  const enter = async () => {
    if (queue.length === 0 && isOpen()) {
      running += 1;
      return;
    }
    if (queue.length >= waiting) throw new ChannelBusyError("too many arrivals at once");
    await new Promise<void>((resolve) => queue.push(resolve));
  };
  const leave = () => {
    running -= 1;
    while (isOpen()) {
      const next = queue.shift();
      if (!next) return;
      running += 1;
      next();
    }
  };
  const limited = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await enter();
    const began = Date.now();
    try {
      return await runForCore(work);
    } finally {
      if (crowds()) setTimeout(leave, Math.min((Date.now() - began) * REST, MOST_REST_MS));
      else leave();
    }
  };
  return {
    async accept(message) {
      try {
        return await limited(() => inbox.accept(message));
      } catch (error) {
        if (error instanceof ChannelBusyError) await destroyFiles(message);
        throw error;
      }
    },
    numberOf: (dedupeKey) => runForCore(() => inbox.numberOf(dedupeKey)),
    receipt: (receipt) => limited(() => inbox.receipt(receipt)),
  };
}

/** Every stream is consumed or destroyed, whatever the ending. */
async function destroyFiles({ attachments }: InboundMessage): Promise<void> {
  for await (const { content } of attachments) content.destroy();
}
