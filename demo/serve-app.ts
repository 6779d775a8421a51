import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { Hono, MiddlewareHandler } from "hono";

/** An app that listens on 127.0.0.1. */
export interface ServedApp {
  /** With a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function serveApp(app: Hono, port: number): Promise<ServedApp> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, () => resolve());
  server.once("error", reject);
  await promise;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise((ended) => {
        server.close(() => ended());
        // Whoever watches the page never hangs up.
        if (isHttp1(server)) server.closeAllConnections();
      }),
  };
}

const isHttp1 = (server: object): server is Server => "closeAllConnections" in server;

const LOCAL = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** Keeps out pages of the web that reach this machine under a name of their own (DNS rebinding). */
export const onlyLocal: MiddlewareHandler = async (c, next) => {
  if (!LOCAL.test(c.req.header("host") ?? "")) return c.text("This address is for this machine only.", 421);
  await next();
};
