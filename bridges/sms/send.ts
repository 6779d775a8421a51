import { randomInt } from "node:crypto";
import { type BridgeHost, DeliveryError, type OutboundMessage, type Sent } from "../../src/adapter/index.ts";
import type { Consent } from "./consent.ts";
import type { Gateway, OutgoingText } from "./gateway.ts";
import type { Limits } from "./limits.ts";
import { isAnswerable } from "./numbers.ts";
import { isQuiet } from "./quiet-hours.ts";
import { cutText } from "./segment.ts";
import type { SentParts } from "./sent-parts.ts";
import type { SmsSettings } from "./settings.ts";
import { simplify } from "./simplify.ts";
import type { Talks } from "./talks.ts";
import { say } from "./texts.ts";

export interface Sending {
  readonly settings: SmsSettings;
  readonly gateway: Gateway;
  readonly sentParts: SentParts;
  readonly consent: Consent;
  readonly talks: Talks;
  /** Joins the parts of one text: another each time, or a phone could join parts of two. */
  readonly nextReference: () => number;
  readonly limits: Limits;
  readonly host: BridgeHost;
}

/** Hands an answer to the gateway, in as many parts as it needs. Any other ending is a `DeliveryError`. */
export async function sendText(message: OutboundMessage, sending: Sending, signal: AbortSignal): Promise<Sent> {
  const { settings, sentParts, consent, limits, host } = sending;
  const refuse = (code: Refusal, values: Readonly<Record<string, number>> = {}) =>
    new DeliveryError("rejected", code, { remoteAnswer: say(`refused.${code}`, host.languages, values) });
  const { address } = message.to;
  if (!isAnswerable(address)) throw refuse("SMS_NOT_ANSWERABLE");
  if (message.attachments.length > 0) throw refuse("SMS_FILES");
  const text = simplify(message.text);
  if (text.trim() === "") throw refuse("SMS_EMPTY");
  const outgoing = cut(text, message, sending);
  const parts = outgoing.parts.length;
  if (parts > settings.max_parts) throw refuse("SMS_TOO_LONG", { parts, most: settings.max_parts });
  if (await orLater(consent.isStopped(address))) throw refuse("SMS_STOPPED");
  if (message.automatic && settings.quiet_hours !== undefined && isQuiet(settings.quiet_hours, host.now()))
    throw new DeliveryError("retry", "SMS_QUIET_HOURS");
  if (signal.aborted) throw new DeliveryError("retry", "SMS_ABORTED");
  const takeBack = await orLater(limits.spend(parts));
  const { ids } = await sending.gateway.submit(outgoing, signal).catch(async (fault: unknown) => {
    if (fault instanceof DeliveryError && fault.consequence !== "unknown") await takeBack().catch(() => {});
    throw fault;
  });
  // The text itself is on its way, whatever the store does. Without this, receipts of further parts mean nothing.
  if (ids.length > 1) await sentParts.remember(message.deliveryId, ids).catch(() => {});
  const remoteId = ids[0] === undefined || ids[0] === "" ? message.deliveryId : ids[0];
  await sending.talks.wrote(address, remoteId).catch(() => {});
  return { remoteId };
}

type Refusal = "SMS_NOT_ANSWERABLE" | "SMS_STOPPED" | "SMS_FILES" | "SMS_EMPTY" | "SMS_TOO_LONG";

/** A store that is away is no reason to ignore what it knows. */
const orLater = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((cause: unknown) => {
    throw cause instanceof DeliveryError ? cause : new DeliveryError("retry", "SMS_NOT_STORED", { cause });
  });

function cut(text: string, { deliveryId, to }: OutboundMessage, { settings, nextReference }: Sending): OutgoingText {
  const { encoding, parts } = cutText(text, settings);
  const reference = nextReference();
  return {
    deliveryId,
    from: settings.number,
    to: to.address,
    text,
    encoding,
    parts: parts.map((words, place) => ({ text: words, number: place + 1, of: parts.length, reference })),
  };
}

/** Begins anywhere: after a restart, too, the references of the last texts are not used again at once. */
export function countReferences(): () => number {
  let last = randomInt(REFERENCES);
  return () => {
    last = (last + 1) % REFERENCES;
    return last;
  };
}

const REFERENCES = 65_536;
