import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, Response } from "express";
import { AppService, AppServiceRegistration, Bridge } from "matrix-appservice-bridge";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";
import { isRecord } from "../domain/is-record.ts";
import type { Registration } from "./registration.ts";

/** A hundred events of 65,536 bytes, escaped, and what comes with them: Synapse repeats for ever what we would refuse. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

export interface ListenerParts {
  readonly registration: Registration;
  readonly homeserver: { readonly url: string; readonly domain: string };
  readonly bind: string;
  readonly port: number;
  readonly log: Logger;
  /** Stores a transaction's events; the homeserver is told "done" only when this resolves. */
  take(events: readonly unknown[]): Promise<void>;
  /** A transaction was not stored: the homeserver will repeat it, but after a longer while each time. */
  onRefused(): void;
}

/**
 * The library's AppService with a transaction endpoint that answers after the commit. The library's own answers before
 * any handler has ended, and passes over a transaction whose id it has seen, though Synapse uses ids again.
 */
class PersistingAppService extends AppService {
  readonly parts: ListenerParts;

  constructor(parts: ListenerParts) {
    super({ homeserverToken: parts.registration.hs_token, httpMaxSizeBytes: BODY_LIMIT_BYTES });
    this.parts = parts;
    // Application Service API, pinging: the homeserver asks us this when we ask it to.
    this.expressApp.post("/_matrix/app/v1/ping", (request, response) => {
      if (this.admits(request, response)) response.json({});
    });
  }

  admits(request: Request, response: Response): boolean {
    const given = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    if (timingSafeEqual(digest(given), digest(this.parts.registration.hs_token))) return true;
    response.status(403).json({ errcode: "M_FORBIDDEN", error: "The hs_token is not the registration's." });
    return false;
  }

  async storeTransaction(request: Request, response: Response): Promise<void> {
    if (!this.admits(request, response)) return;
    const body: unknown = request.body;
    const events = isRecord(body) && Array.isArray(body.events) ? body.events : [];
    try {
      await this.parts.take(events);
      response.json({});
    } catch (error) {
      this.parts.log.error(
        { err: error, events: events.length },
        "transaction not stored; the homeserver will repeat it",
      );
      response
        .status(503)
        .json({ errcode: "GUICHET_STORE_FAILED", error: "The events could not be stored. Try again." });
      this.parts.onRefused();
    }
  }
}

// The parent binds `this.onTransaction` in its constructor but declares it private, so a method of that name cannot be
// declared in a subclass: it is put on the prototype, where the parent's constructor finds it first.
Object.defineProperty(PersistingAppService.prototype, "onTransaction", {
  value(this: PersistingAppService, request: Request, response: Response): Promise<void> {
    return this.storeTransaction(request, response);
  },
});

const digest = (text: string) => createHash("sha256").update(text).digest();

export interface AppserviceListener {
  close(): Promise<void>;
}

/** Listens for the homeserver. @throws GuichetError APPSERVICE_PORT when the address cannot be had. */
export async function listenForHomeserver(parts: ListenerParts): Promise<AppserviceListener> {
  const bridge = new Bridge({
    registration: AppServiceRegistration.fromObject({
      ...parts.registration,
      rate_limited: false,
      namespaces: parts.registration.namespaces,
    }),
    homeserverUrl: parts.homeserver.url,
    domain: parts.homeserver.domain,
    disableStores: true,
    disableContext: true,
    logRequestOutcome: false,
    // Events are worked on from our table; ghosts are never made because somebody asks for one.
    controller: { onEvent: () => undefined, onUserQuery: () => null, onAliasQuery: () => null, onLog: () => undefined },
  });
  try {
    await bridge.run(parts.port, new PersistingAppService(parts), parts.bind);
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!taken) throw error;
    throw new GuichetError(
      "APPSERVICE_PORT",
      `${parts.bind}:${parts.port} is taken, so the homeserver cannot reach guichet: end the other program or set appservice.port (and the registration's url).`,
    );
  }
  return { close: () => bridge.close() };
}
