import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Logger } from "pino";
import { answerVisit, type Door, type VisitLimits } from "./answer-visit.ts";
import { makePage, type PageStatus } from "./pages.ts";
import type { ReadPeer } from "./peer.ts";
import { targetBelow } from "./read-target.ts";
import { secureHeaders } from "./security-headers.ts";
import { type FindFile, serveFiles } from "./serve-file.ts";

export interface PublicParts {
  /** Where visitors see the listener: without `/` at its end. Paths of requests begin with its path. */
  readonly url: string;
  readonly log: Logger;
  readonly readPeer: ReadPeer;
  readonly limits: VisitLimits;
  readonly findFile: FindFile;
  /** @param path below the channel's prefix, as it was asked for. */
  find(channel: string, method: string, path: string): Door;
}

type Asked = Context<{ Bindings: HttpBindings }>;

/** What the public listener answers: each channel has what stands below its name. */
export function makePublicApp(parts: PublicParts): Hono<{ Bindings: HttpBindings }> {
  const { origin, protocol, pathname } = new URL(parts.url);
  const prefix = pathname === "/" ? "" : pathname;
  const isSecure = protocol === "https:";
  const app = new Hono<{ Bindings: HttpBindings }>();

  const readTarget = targetBelow(parts.url);
  const serveFile = serveFiles(parts.findFile, parts.log);

  const answerPage = ({ req }: Asked, status: PageStatus, more: Readonly<Record<string, string>> = {}) => {
    const { body, headers } = makePage(status, req.header("accept-language"));
    const isLater = status === 503 || status === 502;
    return new Response(body, {
      status,
      headers: secureHeaders({ ...headers, ...(isLater ? { "retry-after": "30" } : {}), ...more }, isSecure),
    });
  };
  const answer = async (asked: Asked, given: Response | PageStatus, blame: (error: unknown) => void) => {
    if (typeof given === "number") return answerPage(asked, given);
    const isHead = asked.req.method === "HEAD";
    if (isHead) await given.body?.cancel().catch(() => undefined);
    return new Response(isHead ? null : cutOnFault(given.body, asked.env, blame), {
      status: given.status,
      headers: secureHeaders(given.headers, isSecure),
    });
  };
  app.all(`${prefix}/files/:token`, async (asked) => {
    const { req } = asked;
    if (req.method !== "GET" && req.method !== "HEAD") return answerPage(asked, 405, { allow: "GET, HEAD" });
    const file = await serveFile(req.param("token"), req.raw.signal);
    return answer(asked, file, () => parts.log.debug("a file of an answer broke off"));
  });
  app.all("*", async (asked) => {
    const { req, env } = asked;
    const { pathname, search } = new URL(req.url);
    const { channel, path } = readTarget(pathname);
    const door = channel === undefined ? undefined : parts.find(channel, req.method, path);
    if (door === undefined || door.is === "nothing") return answerPage(asked, 404);
    if (door.is === "closed") return answerPage(asked, 503);
    if (door.is === "wrong-method") return answerPage(asked, 405, { allow: door.allowed.join(", ") });
    const peer = parts.readPeer(env.incoming.socket.remoteAddress, req.header("x-forwarded-for") ?? null);
    const given = await answerVisit(
      door,
      { request: req.raw, url: `${origin}${pathname}${search}`, peer },
      parts.limits,
    );
    return answer(asked, given, door.blame);
  });
  app.onError((error, asked) => {
    parts.log.error({ err: error }, "a request on the public listener could not be answered");
    return answerPage(asked, 500);
  });
  return app;
}

/** An answer that fails half way ends the connection: the visitor sees that something is missing, and no more. */
function cutOnFault(
  body: ReadableStream<Uint8Array> | null,
  { outgoing }: HttpBindings,
  blame: (error: unknown) => void,
): ReadableStream<Uint8Array> | null {
  if (body === null) return null;
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          if (!outgoing.destroyed) blame(error);
          outgoing.destroy();
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
