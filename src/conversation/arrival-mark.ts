import { createHmac, type KeyObject } from "node:crypto";
import { type ConversationId, conversationId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { base32 } from "./token.ts";

/** Member of an event's content that says which arrival it shows. */
const MEMBER = "org.guichet.arrival";

/** What an event of ours tells about the arrival that it shows, to a guichet that has lost its own rows of it. */
export interface ArrivalMark {
  /** Keyed hash of channel and `dedupeKey`: tells nobody else anything. */
  readonly mark: string;
  /** Which of the arrival's events this is. */
  readonly part: string;
  readonly conversation: ConversationId;
}

export const markArrival = (key: KeyObject, { channel, dedupeKey }: { channel: string; dedupeKey: string }): string =>
  base32(
    createHmac("sha256", key)
      .update(JSON.stringify(["arrival", channel, dedupeKey]))
      .digest(),
  ).slice(0, 32);

export const withMark = (content: Readonly<Record<string, unknown>>, { mark, part, conversation }: ArrivalMark) => ({
  ...content,
  [MEMBER]: { mark, part, conversation },
});

/** To be believed only of events that a ghost sent. */
export function readMark(content: unknown): ArrivalMark | undefined {
  const found = isRecord(content) ? content[MEMBER] : undefined;
  if (!isRecord(found)) return undefined;
  const { mark, part, conversation } = found;
  if (typeof mark !== "string" || typeof part !== "string" || typeof conversation !== "string") return undefined;
  return /^\d{1,18}$/.test(conversation) ? { mark, part, conversation: conversationId(conversation) } : undefined;
}
