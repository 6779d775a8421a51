/**
 * What is missing where. The codes are explained in docs/codes.md:
 * - `ARRIVAL_MISSING`: the channel's remote has an arrival that the inbox never took;
 * - `ARRIVAL_OVERDUE`: an arrival waits although it was due;
 * - `EVENT_MISSING`: a message that the store calls shown does not stand in its room;
 * - `EVENT_UNKNOWN`: a room has a message of a citizen that the store does not know;
 * - `AGENT_EVENT_UNSEEN`: a room has an agent's event that never came to the store;
 * - `ANSWER_OPEN`: an answer is due and has no end;
 * - `ROOM_CLOSED`: a room does not let the bot read it;
 * - `CHANNEL_UNCOUNTED`: a channel's remote could not be asked.
 */
export type FindingCode =
  | "ARRIVAL_MISSING"
  | "ARRIVAL_OVERDUE"
  | "EVENT_MISSING"
  | "EVENT_UNKNOWN"
  | "AGENT_EVENT_UNSEEN"
  | "ANSWER_OPEN"
  | "ROOM_CLOSED"
  | "CHANNEL_UNCOUNTED";

/** One difference between two witnesses: ids, times and codes, never words or addresses. */
export interface Finding {
  readonly code: FindingCode;
  readonly isRepaired: boolean;
  readonly at?: Date | undefined;
  readonly channel?: string | undefined;
  readonly room?: string | undefined;
  readonly event?: string | undefined;
  readonly inbox?: string | undefined;
  readonly outbox?: string | undefined;
  /** The arrival's name on its channel, when nothing else names it. */
  readonly dedupeKey?: string | undefined;
}

/** What is compared: from a moment on, up to another one. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

export const isWithin = ({ from, to }: Period, at: Date): boolean =>
  at.getTime() >= from.getTime() && at.getTime() < to.getTime();
