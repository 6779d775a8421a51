import type { ConversationId, EventId, RoomId } from "../domain/ids.ts";

/** A conversation as an arrival may find it. */
export interface KnownConversation {
  readonly id: ConversationId;
  readonly channel: string;
  readonly agency: string;
  readonly room: RoomId;
  /** Address of the citizen it belongs to. */
  readonly address: string;
  /** Undefined until the first message stands in the room. */
  readonly root: EventId | undefined;
  readonly latest: EventId | undefined;
}

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
