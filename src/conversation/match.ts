import type { KnownConversation } from "../domain/conversation.ts";
import type { ConversationId } from "../domain/ids.ts";

export interface Evidence {
  readonly channel: string;
  readonly agency: string;
  readonly address: string;
  /** Conversation that a valid reply token names. */
  readonly named: ConversationId | undefined;
}

/**
 * Finds the conversation that an arrival continues. A signed token is enough, as its bearer was sent it, on whichever of
 * the agency's channels it comes back; a citation of an earlier message counts only from the same sender, because message
 * ids are no secret: by the way that the conversation began, or by another one that is known to lead to them. A subject
 * never counts.
 * @param candidates the conversation that the token names, and those of cited messages, nearest citation first.
 */
export function matchConversation(
  evidence: Evidence,
  candidates: readonly KnownConversation[],
): KnownConversation | undefined {
  return (
    candidates.find((one) => one.id === evidence.named && one.agency === evidence.agency) ??
    candidates.find(
      (one) =>
        (one.isWay && one.agency === evidence.agency) ||
        (one.address === evidence.address && one.channel === evidence.channel),
    )
  );
}
