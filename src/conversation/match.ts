import type { KnownConversation } from "../domain/conversation.ts";
import type { ConversationId } from "../domain/ids.ts";

export interface Evidence {
  readonly channel: string;
  readonly address: string;
  /** Conversation that a valid reply token names. */
  readonly named: ConversationId | undefined;
}

/**
 * Finds the conversation that an arrival continues. A signed token is enough, as its bearer was sent it; a citation of
 * an earlier message counts only from the same sender, because message ids are no secret. A subject never counts.
 * @param candidates the conversation that the token names, and those of cited messages, nearest citation first.
 */
export function matchConversation(
  evidence: Evidence,
  candidates: readonly KnownConversation[],
): KnownConversation | undefined {
  return (
    candidates.find((one) => one.id === evidence.named && one.channel === evidence.channel) ??
    candidates.find((one) => one.address === evidence.address && one.channel === evidence.channel)
  );
}
