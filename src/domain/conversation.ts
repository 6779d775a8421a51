import type { ConversationId, EventId, RoomId } from "./ids.ts";

/** Where a conversation lives: in a thread of a room that it shares, or in a room of its own. */
export type PortalKind = "thread" | "room";

/** How somebody is reached: a channel of ours, and an address on it. */
export interface Way {
  /** Name in the operator's configuration. */
  readonly channel: string;
  readonly address: string;
}

/** A conversation as an arrival may find it. */
export interface KnownConversation {
  readonly id: ConversationId;
  readonly channel: string;
  readonly agency: string;
  readonly portal: PortalKind;
  /** Undefined while it was begun without a homeserver, and waits for a room of its own. */
  readonly room: RoomId | undefined;
  /** Address of the citizen it belongs to. */
  readonly address: string;
  /** Ghost localpart of that citizen. */
  readonly citizen: string;
  /** The citizen is reached on other channels, too. */
  readonly hasWays: boolean;
  /** One of these ways is the arrival's own. */
  readonly isWay: boolean;
  /** Undefined until a first message stands in the room: in a new conversation, and after a move to another room. */
  readonly root: EventId | undefined;
  readonly latest: EventId | undefined;
}

/** An event, and the room in which it stands. */
export interface EventPlace {
  readonly room: RoomId;
  readonly event: EventId;
}

/** A conversation that was there before another one. */
export interface EarlierConversation {
  readonly address: string;
  readonly subject: string | undefined;
  /** When its newest message was stored. */
  readonly lastAt: Date;
  /** Its first message in the room that it lives in now, or in the one that it has left. */
  readonly begins: EventPlace;
}
