declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

/** Name of an agency in the configuration. */
export type AgencyId = Id<"agency">;
/** Name of a channel in the configuration. */
export type ChannelId = Id<"channel">;
/** PostgreSQL bigint as text. */
export type ConversationId = Id<"conversation">;
export type InboxId = Id<"inbox">;
export type OutboxId = Id<"outbox">;
/** Matrix room id: opaque, never taken apart (room version 12 has no domain in it). */
export type RoomId = Id<"room">;
export type EventId = Id<"event">;
export type UserId = Id<"user">;
/** A serial order: rows of one lane are worked on one after the other, by one worker at a time. */
export type Lane = Id<"lane">;

export const agencyId = (text: string) => text as AgencyId;
export const channelId = (text: string) => text as ChannelId;
export const conversationId = (text: string) => text as ConversationId;
export const inboxId = (text: string) => text as InboxId;
export const outboxId = (text: string) => text as OutboxId;
export const roomId = (text: string) => text as RoomId;
export const eventId = (text: string) => text as EventId;
export const userId = (text: string) => text as UserId;

/** Lanes carry ids and hashes only: their names reach logs and the queue. */
export const inboxLane = (correspondent: string) => `in/${correspondent}` as Lane;
export const roomLane = (room: RoomId) => `ev/${room}` as Lane;
export const replyLane = (conversation: ConversationId) => `out/${conversation}` as Lane;
export const leaseLane = (channel: ChannelId, name: string) => `lease/${channel}/${name}` as Lane;
/** What one process of many does. */
export const duty = (name: string) => `duty/${name}` as Lane;
/** For lanes that come back from the database or the queue. */
export const laneFrom = (text: string) => text as Lane;

/** A lane with work, and the channel (for a room's events the agency) that shares the workers with others. */
export interface SharedLane {
  readonly lane: Lane;
  readonly whose: string;
}

/** What a lane holds, read back from its name. */
export type LaneContent =
  | { readonly of: "arrivals" }
  | { readonly of: "events"; readonly room: RoomId }
  | { readonly of: "answers"; readonly conversation: ConversationId }
  | { readonly of: "lease" };

export function readLane(lane: Lane): LaneContent {
  const [kind, name] = [lane.slice(0, lane.indexOf("/")), lane.slice(lane.indexOf("/") + 1)];
  if (kind === "ev") return { of: "events", room: roomId(name) };
  if (kind === "out") return { of: "answers", conversation: conversationId(name) };
  return kind === "in" ? { of: "arrivals" } : { of: "lease" };
}
