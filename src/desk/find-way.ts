import type { Bridge } from "../adapter/index.ts";
import type { Way } from "../domain/conversation.ts";

/** A channel that is open. */
export interface OpenChannel {
  readonly name: string;
  /** Word for the kind of channel. */
  readonly type: string;
  readonly bridge: Bridge;
}

/** Whether a word means the channel: its name, its kind, or the command that begins a conversation on it. */
export const isMeant = ({ name, type, bridge }: OpenChannel, word: string): boolean =>
  word === name.toLowerCase() || word === type || word === bridge.opening?.verb;

/** The first of the channels that the word means, that can send, and that takes the address as somebody typed it. */
export function findWay(channels: readonly OpenChannel[], word: string, address: string): Way | undefined {
  for (const channel of channels) {
    const { send, opening } = channel.bridge;
    if (!send || !isMeant(channel, word)) continue;
    const to = opening?.parseAddress(address);
    if (to !== undefined) return { channel: channel.name, address: to.address };
  }
  return undefined;
}
