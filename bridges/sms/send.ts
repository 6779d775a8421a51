import { createHash } from "node:crypto";
import { DeliveryError, type OutboundMessage, type Sent } from "../../src/adapter/index.ts";
import type { Consent } from "./consent.ts";
import type { Gateway, OutgoingText } from "./gateway.ts";
import type { Limits } from "./limits.ts";
import { isAnswerable } from "./numbers.ts";
import { isQuiet } from "./quiet-hours.ts";
import { segment } from "./segment.ts";
import type { SentParts } from "./sent-parts.ts";
import type { SmsSettings } from "./settings.ts";
import { simplify } from "./simplify.ts";

export interface Sending {
  readonly settings: SmsSettings;
  readonly gateway: Gateway;
  readonly sentParts: SentParts;
  readonly consent: Consent;
  readonly limits: Limits;
  readonly now: () => Date;
}

/** Hands an answer to the gateway, in as many parts as it needs. Any other ending is a `DeliveryError`. */
export async function sendText(message: OutboundMessage, sending: Sending, signal: AbortSignal): Promise<Sent> {
  const { settings, sentParts, consent, limits, now } = sending;
  if (!isAnswerable(message.to.address)) throw new DeliveryError("rejected", "SMS_NOT_ANSWERABLE");
  const text = simplify(message.text);
  if (text.trim() === "") throw new DeliveryError("rejected", "SMS_EMPTY");
  const outgoing = cut(text, message, settings);
  if (outgoing.parts.length > settings.max_parts) throw new DeliveryError("rejected", "SMS_TOO_LONG");
  if (await orLater(consent.isStopped(message.to.address))) throw new DeliveryError("rejected", "SMS_STOPPED");
  if (message.automatic && settings.quiet_hours !== undefined && isQuiet(settings.quiet_hours, now()))
    throw new DeliveryError("retry", "SMS_QUIET_HOURS");
  if (signal.aborted) throw new DeliveryError("retry", "SMS_ABORTED");
  const takeBack = await orLater(limits.spend(outgoing.parts.length));
  const { ids } = await sending.gateway.submit(outgoing, signal).catch(async (fault: unknown) => {
    if (fault instanceof DeliveryError && fault.consequence !== "unknown") await takeBack().catch(() => {});
    throw fault;
  });
  // Without this, receipts of further parts mean nothing; the text itself is on its way.
  if (ids.length > 1) await sentParts.remember(message.deliveryId, ids).catch(() => {});
  return { remoteId: ids[0] === undefined || ids[0] === "" ? message.deliveryId : ids[0] };
}

/** A store that is away is no reason to ignore what it knows. */
const orLater = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((cause: unknown) => {
    throw cause instanceof DeliveryError ? cause : new DeliveryError("retry", "SMS_NOT_STORED", { cause });
  });

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
