import { Pool } from "undici";
import type { EventId, RoomId, UserId } from "../domain/ids.ts";
import { eventId } from "../domain/ids.ts";
import { isRecord } from "../domain/is-record.ts";
import { MatrixError, readMatrixError } from "./matrix-error.ts";

/** The device that all our users send from: with it Synapse remembers transaction ids in its database for 24 h. */
export const DEVICE_ID = "GUICHET";

/** Requests under way at once, syncs and media included; sends are bounded by the number of lanes. */
const CONNECTIONS = 32;
const REQUEST_TIMEOUT_MS = 60_000;

export interface MatrixRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Absolute path with each part already percent-encoded: see `matrixPath`. */
  readonly path: string;
  readonly as: UserId;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Longest silence of the homeserver, in milliseconds. */
  readonly timeoutMs?: number;
}

/** Builds a path of the client-server API; every value is percent-encoded as one part. */
export const matrixPath = (strings: TemplateStringsArray, ...values: readonly string[]) =>
  strings.reduce((path, text, index) => path + text + encodeURIComponent(values[index] ?? ""), "");

/**
 * A thin client of the client-server API for all users of the namespace. One call is one request: it never joins,
 * never retries and never makes up a transaction id, because a request that failed half-way must be repeated as it was.
 */
export class HomeserverClient {
  readonly pool: Pool;
  readonly token: string;

  constructor(options: { url: string; token: string }) {
    this.pool = new Pool(new URL(options.url).origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      connect: { timeout: 10_000 },
    });
    this.token = options.token;
  }

  /**
   * @returns the response's JSON, to be checked by the caller.
   * @throws MatrixError, whose consequence says whether the same request may work later.
   */
  async request(request: MatrixRequest): Promise<unknown> {
    const timeout = request.timeoutMs ?? REQUEST_TIMEOUT_MS;
    try {
      const { statusCode, headers, body } = await this.pool.request({
        method: request.method,
        path: request.path,
        query: { user_id: request.as, ...request.query },
        headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: request.signal,
        headersTimeout: timeout,
        bodyTimeout: timeout,
      });
      const text = await body.text();
      if (statusCode === 200 || statusCode === 201) return JSON.parse(text || "{}");
      throw readMatrixError(statusCode, text, headers["retry-after"]);
    } catch (error) {
      if (error instanceof MatrixError) throw error;
      throw new MatrixError({ status: 0, errcode: "GUICHET_UNREACHABLE", cause: error });
    }
  }

  /**
   * Sends one event; repeated with the same `txnId` it is the same event (Client-Server API, transaction identifiers).
   * @param options.at the time to show as the event's own (`ts`, Application Service API, timestamp massaging).
   */
  async send(
    room: RoomId,
    type: string,
    content: unknown,
    options: { as: UserId; txnId: string; at?: Date },
  ): Promise<EventId> {
    return this.put(matrixPath`/_matrix/client/v3/rooms/${room}/send/${type}/${options.txnId}`, content, options);
  }

  async redact(room: RoomId, event: EventId, options: { as: UserId; txnId: string }): Promise<EventId> {
    return this.put(matrixPath`/_matrix/client/v3/rooms/${room}/redact/${event}/${options.txnId}`, {}, options);
  }

  async setState(room: RoomId, type: string, stateKey: string, content: unknown, as: UserId): Promise<EventId> {
    return this.put(matrixPath`/_matrix/client/v3/rooms/${room}/state/${type}/${stateKey}`, content, { as });
  }

  private async put(path: string, body: unknown, options: { as: UserId; at?: Date }): Promise<EventId> {
    const query = { device_id: DEVICE_ID, ...(options.at ? { ts: String(options.at.getTime()) } : {}) };
    const answer = await this.request({ method: "PUT", path, as: options.as, query, body });
    return eventId(textOf(answer, "event_id"));
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

/** Reads one text member of a homeserver's answer. */
export function textOf(answer: unknown, key: string): string {
  const value = isRecord(answer) ? answer[key] : undefined;
  if (typeof value === "string") return value;
  throw new MatrixError({ status: 200, errcode: "GUICHET_BAD_ANSWER" });
}
