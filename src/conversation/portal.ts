import type { PortalKind } from "../domain/conversation.ts";
import type { EventId } from "../domain/ids.ts";

/** Where a conversation stands in Matrix. */
export interface Place {
  readonly portal: PortalKind;
  /** Its first event in the room that it lives in. */
  readonly root: EventId;
  /** Its newest event that we know: what clients without threads show as answered. */
  readonly latest: EventId;
}

/**
 * The members of a content that make an event belong to its conversation: in a shared room a relation to the thread
 * (Client-Server API, threading, with the fallback for clients without threads), in a room of its own nothing.
 * `answering` makes it a true reply to that event.
 */
export function relationIn({ portal, root, latest }: Place, answering?: EventId) {
  if (portal === "room") return answering ? { "m.relates_to": { "m.in_reply_to": { event_id: answering } } } : {};
  return {
    "m.relates_to": {
      rel_type: "m.thread",
      event_id: root,
      is_falling_back: answering === undefined,
      "m.in_reply_to": { event_id: answering ?? latest },
    },
  };
}
