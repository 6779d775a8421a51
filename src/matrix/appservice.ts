import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppService, AppServiceRegistration, Bridge } from "matrix-appservice-bridge";
import type { Logger } from "pino";
import { GuichetError } from "../domain/guichet-error.ts";
import { isRecord } from "../domain/is-record.ts";
import type { Registration } from "./registration.ts";

/** A request whose body the library has read. */
type Request = IncomingMessage & { readonly body?: unknown };

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
  /** Told of each transaction that was not stored. */
  onRefused(): void;
}

/**
 * The library's AppService with endpoints of our own. Its transactions answer before any handler has ended, and pass over
 * one whose id was seen, though Synapse uses ids again; its queries say yes to every user; its faults are pages of HTML.
 */
class PersistingAppService extends AppService {
  readonly parts: ListenerParts;

  constructor(parts: ListenerParts) {
    super({ homeserverToken: parts.registration.hs_token, httpMaxSizeBytes: BODY_LIMIT_BYTES });
    this.parts = parts;
    // Application Service API, pinging: the homeserver asks us this when we ask it to.
    this.expressApp.post("/_matrix/app/v1/ping", (request, response) => {
      if (this.admits(request, response)) answer(response, 200, {});
    });
    this.expressApp.use((_request: IncomingMessage, response: ServerResponse) => {
      refuse(response, 404, "M_UNRECOGNIZED", "There is no such endpoint.");
    });
    this.expressApp.use(
      (fault: unknown, _request: IncomingMessage, response: ServerResponse, next: (fault: unknown) => void) => {
        if (response.headersSent) return next(fault);
        refuseBody(response, isRecord(fault) && typeof fault.status === "number" ? fault.status : 500);
      },
    );
  }

  /** The token counts in the header alone (Application Service API 1.4, authorization): a query ends up in logs. */
  admits(request: Request, response: ServerResponse): boolean {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (timingSafeEqual(digest(given), digest(this.parts.registration.hs_token))) return true;
    refuse(response, 403, "M_FORBIDDEN", "The hs_token is not the registration's.");
    return false;
  }

  async storeTransaction(request: Request, response: ServerResponse): Promise<void> {
    if (!this.admits(request, response)) return;
    const body: unknown = request.body;
    if (!isRecord(body) || !Array.isArray(body.events)) {
      refuse(response, 400, "M_BAD_JSON", "A transaction is an object with an array of events.");
      return;
    }
    const { events } = body;
    try {
      await this.parts.take(events);
      answer(response, 200, {});
    } catch (error) {
      this.parts.log.error(
        { err: error, events: events.length },
        "transaction not stored; the homeserver will repeat it",
      );
      refuse(response, 503, "GUICHET_STORE_FAILED", "The events could not be stored. Try again.");
      this.parts.onRefused();
    }
  }

  /** Users and rooms are never made because somebody asks for one: what is not there does not exist. */
  denyExistence(request: Request, response: ServerResponse): void {
    if (this.admits(request, response)) refuse(response, 404, "M_NOT_FOUND", "There is no such user or room.");
  }
}

// The parent binds these in its constructor but declares them private, so methods of these names cannot be declared in a
// subclass: they are put on the prototype, where the parent's constructor finds them first.
const define = (
  name: string,
  value: (this: PersistingAppService, request: Request, response: ServerResponse) => unknown,
) => Object.defineProperty(PersistingAppService.prototype, name, { value });
define("onTransaction", function (request, response) {
  return this.storeTransaction(request, response);
});
for (const query of ["onGetUsers", "onGetRoomAlias"])
  define(query, function (request, response) {
    this.denyExistence(request, response);
  });

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const refuse = (response: ServerResponse, status: number, errcode: string, error: string) =>
  answer(response, status, { errcode, error });

/** What the reader of bodies could not make sense of, by the status that it gives. */
function refuseBody(response: ServerResponse, status: number): void {
  if (status === 413) refuse(response, 413, "M_TOO_LARGE", `A body may have ${BODY_LIMIT_BYTES} bytes.`);
  else if (status < 500) refuse(response, status, "M_NOT_JSON", "The body is not JSON.");
  else refuse(response, 500, "M_UNKNOWN", "The request could not be handled.");
}

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
    // Events are worked on from our table.
    controller: { onEvent: () => undefined, onLog: () => undefined },
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
