import type { ConversationId, EventId } from "../domain/ids.ts";
import type { AgentEvent } from "./read-event.ts";

/** Longest wait for a citizen's message to be journalled, in milliseconds; then something is wrong with the store. */
export const HOLD_LIMIT_MS = 15 * 60_000;
const FIRST_LOOK_MS = 250;
const MOST_LOOK_MS = 15_000;

/** Of the events that an event refers to, those that are known, with their conversations. */
export type KnownConversations = ReadonlyMap<EventId, { readonly conversation: ConversationId }>;

/** Events of one pass over a room that wait, and all that must not overtake them. */
export interface Holds {
  /** True for an event that belongs behind one that is held: its edit or redaction, a decision about it, or a message of the same conversation. */
  concern(event: AgentEvent, known: KnownConversations): boolean;
  /** @param forMs how long the event has waited already. */
  hold(event: AgentEvent, known: KnownConversations, forMs: number): void;
  /** When to look again; undefined when nothing is held. */
  next(now: Date): Date | undefined;
}

/** @param portal the conversation to which everything in the room belongs, when there is one. */
export function openHolds(portal: ConversationId | undefined): Holds {
  const names = new Set<string>();
  let lookMs: number | undefined;
  const namesIn = (event: AgentEvent, known: KnownConversations): string[] => [
    ...referencesOf(event).flatMap((id) => [id, known.get(id)?.conversation ?? []].flat()),
    ...(portal !== undefined && isMessage(event) ? [portal] : []),
  ];
  return {
    concern: (event, known) => namesIn(event, known).some((name) => names.has(name)),
    hold(event, known, forMs) {
      for (const name of [event.id, ...namesIn(event, known)]) names.add(name);
      const look = Math.min(Math.max(FIRST_LOOK_MS, forMs / 4), MOST_LOOK_MS);
      lookMs = Math.min(lookMs ?? look, look);
    },
    next: (now) => (lookMs === undefined ? undefined : new Date(now.getTime() + lookMs)),
  };
}

/** Events that an event refers to. */
export function referencesOf(event: AgentEvent): EventId[] {
  if (event.kind === "edit" || event.kind === "redaction" || event.kind === "decision") return [event.of];
  if (!isMessage(event)) return [];
  return [event.replyTo, event.threadRoot].flatMap((id) => id ?? []);
}

const isMessage = (event: AgentEvent) =>
  event.kind === "message" || event.kind === "encrypted" || event.kind === "unsendable";
