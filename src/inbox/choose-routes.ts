import type { KnownConversation, Way } from "../domain/conversation.ts";
import type { Arrival } from "../store/inbox.ts";

/** By which channel an arrival came, and where answers to it go, as far as that is not plain. */
export interface Routes {
  /** Undefined: the conversation's own. */
  readonly channel: string | undefined;
  /** Undefined: back to where it came from. */
  readonly answers: Way | undefined;
  /** Where its sender asked for answers. */
  readonly asked: Way | undefined;
}

export interface Spoken {
  readonly known: KnownConversation | undefined;
  /** Address of the ghost that says it. */
  readonly address: string;
  /** Where a citizen is reached on another kind of channel; undefined when the agency has none. */
  findWay(type: string, address: string): Way | undefined;
}

export function chooseRoutes({ channel, message }: Arrival, { known, address, findWay }: Spoken): Routes {
  const { answerVia, from } = message;
  const asked = answerVia && findWay(answerVia.type, answerVia.address);
  const isOwn = known === undefined || known.channel === channel;
  const back = isOwn && address === from.address ? undefined : { channel, address: from.address };
  return { channel: isOwn ? undefined : channel, answers: asked ?? back, asked };
}
