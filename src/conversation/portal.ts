import type { EventId } from "../domain/ids.ts";

/** Where a conversation stands in Matrix. */
export interface ThreadPlace {
  readonly root: EventId;
  /** The thread's newest event that we know: what clients without threads show as answered. */
  readonly latest: EventId;
}

/**
 * Relation of an event inside a conversation (Client-Server API, threading, with fallback for clients without threads).
 * `answering` makes it a true reply to that event.
 */
export const threadRelation = (place: ThreadPlace, answering?: EventId) => ({
  rel_type: "m.thread",
  event_id: place.root,
  is_falling_back: answering === undefined,
  "m.in_reply_to": { event_id: answering ?? place.latest },
});
