import type { ConversationId, EventId, RoomId } from "./ids.ts";

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
