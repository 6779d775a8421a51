import { createHash } from "node:crypto";
import { DeliveryError, type OutboundMessage, type Sent } from "../../src/adapter/index.ts";
import type { Gateway, OutgoingText } from "./gateway.ts";
import { isAnswerable } from "./numbers.ts";
import { segment } from "./segment.ts";
import type { SentParts } from "./sent-parts.ts";
import type { SmsSettings } from "./settings.ts";
import { simplify } from "./simplify.ts";

/** Hands an answer to the gateway, in as many parts as it needs. Any other ending is a `DeliveryError`. */
export async function sendText(
  message: OutboundMessage,
  { settings, gateway, sentParts }: { settings: SmsSettings; gateway: Gateway; sentParts: SentParts },
  signal: AbortSignal,
): Promise<Sent> {
  if (!isAnswerable(message.to.address)) throw new DeliveryError("rejected", "SMS_NOT_ANSWERABLE");
  const text = simplify(message.text);
  if (text.trim() === "") throw new DeliveryError("rejected", "SMS_EMPTY");
  const outgoing = cut(text, message, settings);
  if (outgoing.parts.length > settings.max_parts) throw new DeliveryError("rejected", "SMS_TOO_LONG");
  if (signal.aborted) throw new DeliveryError("retry", "SMS_ABORTED");
  const { ids } = await gateway.submit(outgoing, signal);
  // Without this, receipts of further parts mean nothing; the text itself is on its way.
  if (ids.length > 1) await sentParts.remember(message.deliveryId, ids).catch(() => {});
  return { remoteId: ids[0] === undefined || ids[0] === "" ? message.deliveryId : ids[0] };
}

function cut(text: string, { deliveryId, to }: OutboundMessage, { number, gateway }: SmsSettings): OutgoingText {
  const { encoding, parts } = segment(text, gateway.smpp?.concatenation === "udh16" ? 7 : 6);
  const reference = createHash("sha256").update(deliveryId).digest().readUInt16BE();
  return {
    deliveryId,
    from: number,
    to: to.address,
    text,
    encoding,
    parts: parts.map((words, place) => ({ text: words, number: place + 1, of: parts.length, reference })),
  };
}
