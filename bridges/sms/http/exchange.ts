import http from "node:http";
import https from "node:https";
import type { HttpRequest } from "./build-request.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** Milliseconds that the gateway asks to wait (RFC 9110, 10.2.3). */
  readonly retryAfter?: number | undefined;
}

/** There is no answer. */
export class ExchangeError extends Error {
  override readonly name = "ExchangeError";
  /** The connection stood, so the request may have been read. False: certainly not. */
  readonly handedOver: boolean;

  constructor(handedOver: boolean, cause: unknown) {
    super(handedOver ? "no answer" : "no connection", { cause });
    this.handedOver = handedOver;
  }
}

export interface ExchangeLimits {
  /** For the whole exchange, in milliseconds. */
  readonly timeout: number;
  /** PEM of the authority that signed the gateway's certificate. */
  readonly ca?: string | undefined;
}

/** For the connection, TLS included; milliseconds. */
const CONNECT_TIMEOUT = 10_000;
const MOST_OCTETS = 256 * 1024;

/**
 * Makes one request on a connection of its own: on one that was used before, an end by the other side could not be told
 * from the loss of this request.
 * @throws ExchangeError
 */
export function exchange(request: HttpRequest, limits: ExchangeLimits, signal: AbortSignal): Promise<HttpAnswer> {
  const { method, url, headers, body } = request;
  const isTls = url.protocol === "https:";
  const until = AbortSignal.any([signal, AbortSignal.timeout(limits.timeout)]);
  return new Promise((resolve, reject) => {
    let handedOver = false;
    const fail = (cause: unknown) => {
      clearTimeout(connecting);
      reject(new ExchangeError(handedOver, cause));
    };
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const sent = (isTls ? https : http).request(url, {
      method,
      headers: { ...headers, ...(method === "GET" ? {} : length) },
      agent: false,
      signal: until,
      ...(isTls && limits.ca !== undefined ? { ca: limits.ca } : {}),
    });
    const connecting = setTimeout(() => {
      if (!handedOver) sent.destroy(new Error("no connection in time"));
    }, CONNECT_TIMEOUT);
    sent.on("socket", (socket) =>
      socket.once(isTls ? "secureConnect" : "connect", () => {
        handedOver = true;
        clearTimeout(connecting);
      }),
    );
    sent.on("error", fail);
    sent.on("response", (response) => {
      const pieces: Buffer[] = [];
      let octets = 0;
      response.on("data", (piece: Buffer) => {
        octets += piece.length;
        if (octets > MOST_OCTETS) sent.destroy(new Error("an answer without end"));
        else pieces.push(piece);
      });
      response.on("error", fail);
      response.on("end", () => {
        clearTimeout(connecting);
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(pieces).toString("utf8"),
          retryAfter: readRetryAfter(response.headers["retry-after"], Date.now()),
        });
      });
    });
    sent.end(method === "GET" ? undefined : body);
  });
}

/** Longer than this nobody is kept waiting, in milliseconds. */
const LONGEST_WAIT = 3_600_000;

/** Seconds, or a date. @returns milliseconds from `now` on; undefined for what is neither, and for the past. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? Math.min(wait, LONGEST_WAIT) : undefined;
}
