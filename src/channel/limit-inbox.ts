import type { InboundMessage, Inbox } from "../adapter/index.ts";
import { runForCore } from "./blame.ts";

/** Arrivals of one channel that are stored at the same time, and that wait for this. */
const AT_ONCE = 32;
const WAITING = 1_000;

/** The store can take no more of this channel now: the bridge asks its remote to try again. */
class ChannelBusyError extends Error {
  override readonly name = "ChannelBusyError";
  readonly code = "CHANNEL_BUSY";
}

/**
 * An inbox that one channel cannot fill for all: a few arrivals at a time, some more wait, and the rest is to come again.
 */
export function limitInbox(inbox: Inbox, { atOnce = AT_ONCE, waiting = WAITING } = {}): Inbox {
  let running = 0;
  const queue: (() => void)[] = [];
  const enter = async () => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (queue.length >= waiting) throw new ChannelBusyError("too many arrivals at once");
    // Whoever leaves gives its place on.
    await new Promise<void>((resolve) => queue.push(resolve));
  };
  const leave = () => {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  };
  const limited = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await enter();
    try {
      return await runForCore(work);
    } finally {
      leave();
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
