import { createHash } from "node:crypto";
import type { HttpRequest } from "./build-request.ts";

/** The three keys of an OVHcloud API application. */
export interface OvhKeys {
  readonly application: string;
  readonly secret: string;
  readonly consumer: string;
}

/**
 * Signs a request to OVHcloud's API (their guide "First steps with the OVHcloud APIs").
 * @param timestamp seconds, by OVHcloud's clock.
 */
export function signForOvh(request: HttpRequest, keys: OvhKeys, timestamp: number): HttpRequest {
  const signed = [keys.secret, keys.consumer, request.method, request.url.href, request.body, timestamp].join("+");
  return {
    ...request,
    headers: {
      ...request.headers,
      "x-ovh-application": keys.application,
      "x-ovh-consumer": keys.consumer,
      "x-ovh-timestamp": String(timestamp),
      "x-ovh-signature": `$1$${createHash("sha1").update(signed).digest("hex")}`,
    },
  };
}
