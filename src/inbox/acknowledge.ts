import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { type Acknowledging, composeAcknowledgement } from "../conversation/acknowledgement.ts";
import type { Way } from "../domain/conversation.ts";
import type { ConversationId } from "../domain/ids.ts";
import { addAcknowledgement, readAcknowledged } from "../store/acknowledgement.ts";
import type { Arrival } from "../store/inbox.ts";
import type { Schema } from "../store/schema.ts";

/** In an hour and on a channel: many more citizens than this do not write, and whatever does must not be answered. */
const MOST_AN_HOUR = 300;
/** A message that waited for longer is old news, in milliseconds: a mailbox may hold years of them. */
const STALE_MS = 3 * 24 * 60 * 60_000;

/** Whether a machine may answer this arrival at all: not another machine (RFC 3834), nor whom somebody pretends to be. */
export function mayAcknowledge({ message, receivedAt }: Pick<Arrival, "message" | "receivedAt">, now: Date): boolean {
  if (message.automatic || message.trust?.verdict === "forged") return false;
  return now.getTime() - receivedAt.getTime() <= STALE_MS;
}

/**
 * Puts an acknowledgement of a new conversation's first message into the outbox: one a day and address, and never more
 * in an hour than citizens can cause.
 * @param db the transaction that begins the conversation.
 * @returns whether one is to leave.
 */
export async function acknowledge(
  db: Kysely<Schema>,
  arrival: Arrival,
  conversation: ConversationId,
  acknowledging: Acknowledging & { readonly agency: string; readonly log: Logger; readonly answers: Way | undefined },
): Promise<boolean> {
  const now = new Date();
  if (!mayAcknowledge(arrival, now)) return false;
  const { message } = arrival;
  const { channel, address } = acknowledging.answers ?? { channel: arrival.channel, address: message.from.address };
  const { toAddress, onChannel } = await readAcknowledged(db, { agency: acknowledging.agency, channel, address });
  if (toAddress) return false;
  if (onChannel >= MOST_AN_HOUR) {
    acknowledging.log.warn({ code: "ACKNOWLEDGEMENTS_STOPPED", channel }, "too many acknowledgements within an hour");
    return false;
  }
  const text = composeAcknowledgement(acknowledging, conversation);
  await addAcknowledgement(db, {
    conversation,
    channel: acknowledging.answers?.channel,
    address,
    text,
    inReplyTo: acknowledging.answers === undefined ? message.remoteId : undefined,
    at: now,
  });
  return true;
}
