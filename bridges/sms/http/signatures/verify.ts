import { createHash, createHmac } from "node:crypto";
import { asText } from "../fields.ts";
import { headerOf, type IncomingRequest } from "../incoming.ts";
import type { WebhookMapping } from "../profile.ts";
import { isSame } from "./compare.ts";
import { readVonageToken } from "./jwt.ts";
import { isSignedByTwilio } from "./twilio.ts";
import { signForVonage } from "./vonage.ts";

export interface Secrets {
  /** For signatures. */
  readonly signing: string | undefined;
  /** That stands in the webhook's URL or its X-Guichet-Token header. */
  readonly token: string | undefined;
  readonly account: string | undefined;
}

export type Verification =
  | {
      readonly ok: true;
      /** Equal for the same request sent again, and only then; undefined when the scheme has nothing of the kind. */
      readonly proof: string | undefined;
      /** How long an equal one may still come, in milliseconds. */
      readonly goodFor: number;
      /** Whether what stands in the URL is the gateway's word too. */
      readonly coversQuery: boolean;
    }
  | { readonly ok: false; readonly code: "SMS_WEBHOOK_SIGNATURE" | "SMS_WEBHOOK_STALE" };

type Scheme = WebhookMapping["signature"];

const FORGED = { ok: false, code: "SMS_WEBHOOK_SIGNATURE" } as const;
const STALE = { ok: false, code: "SMS_WEBHOOK_STALE" } as const;
/** Twilio signs no time: what it sent is remembered this long. */
const DAY = 86_400_000;

/** Whether a request comes from the gateway, and now. @param now in milliseconds. */
export function verify(request: IncomingRequest, scheme: Scheme, secrets: Secrets, now: number): Verification {
  const { signing } = secrets;
  if (scheme.scheme === "token") {
    const given = request.query.find(({ name }) => name === "token")?.value ?? headerOf(request, "x-guichet-token");
    const isGood = given !== undefined && secrets.token !== undefined && isSame(given, secrets.token);
    return isGood ? { ok: true, proof: undefined, goodFor: 0, coversQuery: true } : FORGED;
  }
  if (signing === undefined) return FORGED;
  if (scheme.scheme === "twilio") {
    if (!isSignedByTwilio(request, signing)) return FORGED;
    return { ok: true, proof: prove(headerOf(request, "x-twilio-signature")), goodFor: DAY, coversQuery: true };
  }
  const signed =
    scheme.scheme === "vonage"
      ? readVonage(request, scheme, signing, secrets.account)
      : readHmac(request, scheme, signing);
  if (signed === undefined) return FORGED;
  const window = scheme.window_seconds * 1000;
  if (!(Math.abs(now - signed.at * 1000) <= window)) return STALE;
  const coversQuery = scheme.scheme === "vonage" && request.body.length === 0;
  return { ok: true, proof: prove(signed.proof), goodFor: signed.at * 1000 + window - now, coversQuery };
}

interface Signed {
  /** In seconds. */
  readonly at: number;
  readonly proof: string | undefined;
}

/** The Messages API brings a token, the SMS API the parameter `sig`. */
function readVonage(
  request: IncomingRequest,
  { method }: Extract<Scheme, { scheme: "vonage" }>,
  secret: string,
  account: string | undefined,
): Signed | undefined {
  const authorization = headerOf(request, "authorization");
  if (authorization !== undefined) {
    // The token holds a hash of the body, and says nothing of a query.
    if (request.body.length === 0) return undefined;
    const token = readVonageToken(authorization, secret, request.body);
    const isOurs = token?.account === undefined || account === undefined || token.account === account;
    return token !== undefined && isOurs ? { at: token.signedAt, proof: authorization } : undefined;
  }
  const parameters = parametersOf(request);
  const read = (wanted: string) => parameters.find(({ name }) => name === wanted)?.value;
  const given = read("sig");
  if (given === undefined || !isSame(given.toLowerCase(), signForVonage(parameters, secret, method))) return undefined;
  return { at: Number(read("timestamp") ?? Number.NaN), proof: given };
}

function parametersOf({ form, json, query }: IncomingRequest): readonly { name: string; value: string }[] {
  if (form.length > 0) return form;
  if (typeof json !== "object" || json === null) return query;
  return Object.entries(json).map(([name, value]) => ({ name, value: asText(value) ?? "" }));
}

/** HMAC-SHA256 in hex over the timestamp, a full stop and the body; `sha256=` may stand before it. */
function readHmac(
  request: IncomingRequest,
  { header, timestamp_header }: Extract<Scheme, { scheme: "hmac-sha256" }>,
  secret: string,
): Signed | undefined {
  const timestamp = headerOf(request, timestamp_header);
  const given = headerOf(request, header)
    ?.replace(/^sha256=/i, "")
    .toLowerCase();
  if (timestamp === undefined || given === undefined) return undefined;
  const expected = createHmac("sha256", secret).update(`${timestamp}.`).update(request.body).digest("hex");
  return isSame(given, expected) ? { at: Number(timestamp || Number.NaN), proof: given } : undefined;
}

const prove = (signature: string | undefined) =>
  signature === undefined ? undefined : createHash("sha256").update(signature).digest("base64");
