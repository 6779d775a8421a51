import type { GatewayReceipt, ReceivedText } from "../gateway.ts";
import { holds, type ReadField, sayWords } from "./fields.ts";
import { fieldsOf, type IncomingRequest, octetsOf } from "./incoming.ts";
import type { ReceiptMapping, TextMapping, WebhookMapping } from "./profile.ts";
import { type Concatenation, place, readConcatenation } from "./udh.ts";

/** @returns undefined when the request lacks what every text has. */
export function readText(
  request: IncomingRequest,
  mapping: TextMapping,
  numbers: WebhookMapping["numbers"],
  now: Date,
): ReceivedText | undefined {
  const read = fieldsOf(request);
  const from = read(mapping.from);
  // An empty text is one; a request without any is about something else.
  if (from === undefined || from === "" || read(mapping.text) === undefined) return undefined;
  const part = readPart(request, mapping, read);
  return {
    id: readFilled(mapping.id, read),
    from: numbers === "without_plus" && /^\d{7,15}$/.test(from) ? `+${from}` : from,
    to: readFilled(mapping.to, read) ?? "",
    text: readWords(request, mapping, read),
    at: readTime(readFilled(mapping.at, read), now),
    ...(part === undefined ? {} : { part }),
  };
}

/**
 * @param confirmed fields that the gateway told when it was asked; they count more than the request's.
 * @returns undefined when the request names no message; "none" for news that say nothing new.
 */
export function readReceipt(read: ReadField, mapping: ReceiptMapping, now: Date): GatewayReceipt | "none" | undefined {
  const id = readFilled(mapping.id, read);
  if (id === undefined) return undefined;
  const rule = mapping.rules.find(({ where }) => holds(where, read));
  if (rule === undefined || rule.state === "none" || rule.code === undefined) return "none";
  const words = sayWords(mapping.words, read);
  const deliveryId = readFilled(mapping.delivery, read);
  return {
    ...{ id, state: rule.state, code: rule.code, at: now },
    ...(deliveryId === undefined ? {} : { deliveryId }),
    ...(words === undefined ? {} : { remoteAnswer: words }),
  };
}

function readFilled(field: string | undefined, read: ReadField): string | undefined {
  const value = field === undefined ? undefined : read(field);
  return value === "" ? undefined : value;
}

function readWords(request: IncomingRequest, mapping: TextMapping, read: ReadField): string {
  const charset = readFilled(mapping.charset, read);
  const octets = charset === undefined ? undefined : octetsOf(request, mapping.text);
  if (charset === undefined || octets === undefined) return read(mapping.text) ?? "";
  try {
    return new TextDecoder(charset).decode(octets);
  } catch {
    // A name that nobody knows: UTF-8 is what a query is written in.
    return octets.toString("utf8");
  }
}

function readPart(request: IncomingRequest, { part }: TextMapping, read: ReadField): Concatenation | undefined {
  if (part === undefined) return undefined;
  if ("udh" in part) return readConcatenation(octetsOf(request, part.udh) ?? Buffer.alloc(0));
  const [reference, of, number] = [part.reference, part.of, part.number].map((field) => readFilled(field, read));
  return reference === undefined ? undefined : place(reference, Number(of), Number(number));
}

/** Seconds since 1970, ISO 8601, or `2020-01-01 12:00:00` in UTC; never later than now. */
function readTime(text: string | undefined, now: Date): Date {
  if (text === undefined) return now;
  const isBare = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);
  const time = /^\d{9,11}$/.test(text) ? Number(text) * 1000 : Date.parse(isBare ? `${text.replace(" ", "T")}Z` : text);
  return Number.isFinite(time) && time <= now.getTime() ? new Date(time) : now;
}
