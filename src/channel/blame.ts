import { AsyncLocalStorage } from "node:async_hooks";
import type { ChannelId } from "../domain/ids.ts";

/**
 * Whose work an error without an owner comes from. A bridge may throw in a timer or forget a promise: Node would end the
 * whole process for it. What a channel's bridge begins runs under the channel's name, however deep.
 */
const working = new AsyncLocalStorage<ChannelId>();

/** Runs `work` of a bridge under its channel's name. */
export const runFor = <Result>(channel: ChannelId, work: () => Result): Result => working.run(channel, work);

/** Runs `work` of the core, whoever called it, under no channel's name: its faults are guichet's own. */
export const runForCore = <Result>(work: () => Result): Result => working.exit(work);

/**
 * Tells of errors that a bridge left without an owner, until the returned function is called. Any other such error
 * ends the process, as it would have.
 */
export function catchStrays(onStray: (channel: ChannelId, error: unknown) => void): () => void {
  const take = (error: unknown) => {
    const channel = working.getStore();
    if (channel === undefined) throw error;
    onStray(channel, error);
  };
  process.on("uncaughtException", take);
  process.on("unhandledRejection", take);
  return () => {
    process.off("uncaughtException", take);
    process.off("unhandledRejection", take);
  };
}
