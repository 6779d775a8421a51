import { createServer, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";
import { isRecord } from "../domain/is-record.ts";
import type { VisitLimits } from "./answer-visit.ts";
import { openGate } from "./gate.ts";
import { makePage, type PageStatus } from "./pages.ts";
import { trustProxies } from "./peer.ts";
import { makePublicApp, type PublicParts } from "./public-app.ts";
import { targetBelow } from "./read-target.ts";
import { secureHeaders } from "./security-headers.ts";

export interface ListenerOptions extends Pick<PublicParts, "url" | "find" | "findFile"> {
  readonly bind: string;
  readonly port: number;
  /** Addresses and networks of proxies whose X-Forwarded-For counts. */
  readonly trustedProxies: readonly string[];
  readonly log: Logger;
  readonly limits?: Partial<ListenerLimits>;
}

export interface ListenerLimits extends VisitLimits {
  /** What the head of a request may take, and the whole of it, in milliseconds. */
  readonly headMs: number;
  readonly requestMs: number;
  /** What running requests have to end, in milliseconds. */
  readonly closeMs: number;
}

/** A phone on a slow net sends 20 MB in five minutes; one that sends nothing for 20 seconds has gone. */
const LIMITS: ListenerLimits = {
  headMs: 15_000,
  requestMs: 5 * 60_000,
  idleMs: 20_000,
  silentMs: 60_000,
  closeMs: 5_000,
};
const KEEP_ALIVE_MS = 5_000;
const CHECK_MS = 1_000;
const MOST_CONNECTIONS = 5_000;

export interface PublicListener {
  /** Takes no new connection, lets what runs end for a moment. */
  close(): Promise<void>;
}

/** Listens for citizens and their providers. @throws GuichetError PUBLIC_PORT when the address cannot be had. */
export async function listenPublic(options: ListenerOptions): Promise<PublicListener> {
  const { url, bind, port, log, find, findFile } = options;
  const limits = { ...LIMITS, ...options.limits };
  const app = makePublicApp({ url, log, find, findFile, limits, readPeer: trustProxies(options.trustedProxies) });
  const gate = openGate({ readTarget: targetBelow(url), isSecure: url.startsWith("https:"), find });
  const answer = getRequestListener(app.fetch, {
    hostname: new URL(url).hostname,
    // Others in this process use the real ones.
    overrideGlobalObjects: false,
    errorHandler: () => refusal(400),
  });
  const server = createServer(
    {
      headersTimeout: limits.headMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (incoming, outgoing) => {
      // A connection that is kept would hold up the end.
      outgoing.once("close", () => {
        if (!server.listening) server.closeIdleConnections();
      });
      if (!gate.turnsAway(incoming, outgoing)) void answer(incoming, outgoing);
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on("clientError", (error, socket) => refuseUnread(error, socket as Socket));
  await listen(server, bind, port);
  return { close: () => shut(server, limits.closeMs) };
}

const refusal = (status: PageStatus) => {
  const { body, headers } = makePage(status);
  return new Response(body, { status, headers: secureHeaders(headers, false) });
};

/** Says why a request was not even read, where the visitor can still hear it. */
function refuseUnread(error: Error, socket: Socket): void {
  const code = isRecord(error) ? error.code : undefined;
  const status = code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  if (!socket.writable || code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { body, headers } = makePage(status);
  const head = Object.entries({ ...headers, "content-length": String(Buffer.byteLength(body)), connection: "close" });
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...head.map(([name, value]) => `${name}: ${value}`)];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

async function listen(server: Server, bind: string, port: number): Promise<void> {
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen(port, bind, listening.resolve);
  try {
    await listening.promise;
  } catch (error) {
    const code = isRecord(error) ? error.code : undefined;
    const why = code === "EADDRINUSE" ? "is taken" : code === "EADDRNOTAVAIL" ? "is no address here" : undefined;
    if (why === undefined) throw error;
    throw new GuichetError(
      "PUBLIC_PORT",
      `${bind}:${port} ${why}, so citizens cannot reach guichet: end the other program or set public.bind and public.port.`,
    );
  }
  server.off("error", listening.reject);
}

async function shut(server: Server, ms: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), ms);
  await closed;
  clearTimeout(timer);
}
