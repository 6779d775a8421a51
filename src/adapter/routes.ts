/** Pages and webhooks of a channel on the operator's public listener, below `BridgeHost.publicUrl`. */
export interface Routes {
  /**
   * Answers requests of a method for a path; HEAD is answered as GET, without the body. To be called in `create` or
   * `start`. Requests come once `start` has resolved, until `stop`; before and after, and while the channel is switched
   * off, guichet answers 503 itself, and 404 or 405 for what no route takes. The routes of a bridge end with it.
   * Without a public listener nothing ever comes.
   * @param path begins with `/`, and `/` is `publicUrl` itself. A segment `:name` stands for any one segment, as in
   *   `/case/:token`, but a route that names it goes first; of two for the same path the later one counts.
   * @throws Error for a path of another form.
   */
  on(method: "GET" | "POST", path: string, handle: RouteHandler, limits?: RouteLimits): void;
}

/**
 * Answers one request, which has the address that the visitor asked for, as seen from outside. A body of up to 65,536 bytes
 * has come whole when this is called; a larger one comes as it is read, and `signal` aborts when the visitor leaves. Resolve with success
 * only for what is durable. Headers that are left out are guichet's: nothing but what this site brings along may be
 * loaded, no framing, no cache, no referrer. A rejection is answered with 500 and tells the visitor nothing.
 */
export type RouteHandler = (request: Request, visit: Visit) => Response | Promise<Response>;

export interface Visit {
  /** IP address of the visitor. Personal data: not for the log. Of a trusted proxy's request, what the proxy says. */
  readonly peer: string;
  /** What stood for the `:name` segments of the path, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface RouteLimits {
  /**
   * Largest body of a request, in bytes; 65,536 when left out. Above it the visitor gets 413, and a read of the body
   * that is under way fails.
   */
  readonly bodyBytes?: number;
  /**
   * How fast requests are taken; left out, as fast as they come. Whatever comes faster is answered with 503 before anything
   * of it is read. Routes that are given the same object share it. Each process counts for itself.
   */
  readonly pace?: RoutePace;
}

export interface RoutePace {
  /** Requests a second; after a quiet time twice as many may come at once. */
  readonly perSecond: number;
  /** What `Retry-After` says to the others, in seconds. */
  readonly waitSeconds: number;
  /**
   * What they are shown. Asked for each of them in a flood: one page for each language, kept ready, and returned as the same
   * object each time. Left out, or undefined: guichet's own.
   */
  readonly page?: (asked: AskedLanguage) => WaitPage | undefined;
}

export interface AskedLanguage {
  /** Query of the address, with its `?`; empty without one. */
  readonly search: string;
  /** As the visitor's browser says it (RFC 9110, section 12.5.4). */
  readonly acceptLanguage: string | undefined;
}

export interface WaitPage {
  /** As those of a handler's answer: what is left out is guichet's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
