import type { InboundMessage, Inbox } from "../adapter/index.ts";
import { runForCore } from "./blame.ts";

/** Arrivals of one channel that are stored at the same time, and that wait for this. */
const AT_ONCE = 32;
const WAITING = 1_000;
/** Of a channel that crowds others: arrivals at the same time for which somebody waits, as before a form. They share a commit. */
const AWAITED_AT_ONCE = 16;
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
 * While the channel crowds others, arrivals are stored one at a time, with a rest after each; those for which somebody
 * waits a few at a time, as their number was limited before they came here.
 */
export function limitInbox(inbox: Inbox, { crowds, atOnce = AT_ONCE, waiting = WAITING }: DoorOptions): Inbox {
  let running = 0;
  const queue: { readonly isAwaited: boolean; enter(): void }[] = [];
  const isOpen = (isAwaited: boolean) =>
    running < (crowds() ? Math.min(atOnce, isAwaited ? AWAITED_AT_ONCE : 1) : atOnce);
  const enter = async (isAwaited: boolean) => {
    if (queue.length === 0 && isOpen(isAwaited)) {
      running += 1;
      return;
    }
    if (queue.length >= waiting) throw new ChannelBusyError("too many arrivals at once");
    await new Promise<void>((resolve) => queue.push({ isAwaited, enter: resolve }));
  };
  const leave = () => {
    running -= 1;
    for (let next = queue[0]; next && isOpen(next.isAwaited); next = queue[0]) {
      queue.shift();
      running += 1;
      next.enter();
    }
  };
  const limited = async <Result>(work: () => Promise<Result>, isAwaited = false): Promise<Result> => {
    await enter(isAwaited);
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
        return await limited(() => inbox.accept(message), message.isNumbered);
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
