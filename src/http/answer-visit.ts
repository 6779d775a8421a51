import type { MatchedRoute, RouteMatch } from "../adapter/route-table.ts";
import { type BodyFault, takeBody } from "./limit-body.ts";
import type { PageStatus } from "./pages.ts";

export interface OpenDoor extends MatchedRoute {
  /** The handler did what the contract does not know. */
  blame(error: unknown): void;
}

/** What is behind the address of a channel, for one request. */
export type Door =
  | OpenDoor
  | Exclude<RouteMatch, MatchedRoute>
  /** The channel does not run at the moment. */
  | { readonly is: "closed" };

export interface VisitLimits {
  /** How long the next piece of a body is waited for, in milliseconds. */
  readonly idleMs: number;
  /** What a handler has to answer, from the last piece of the body on, in milliseconds. */
  readonly silentMs: number;
}

/** Has a channel's handler answer. @returns what it answered, or the status of the page that the visitor gets instead. */
export async function answerVisit(
  door: OpenDoor,
  asked: { readonly request: Request; readonly url: string; readonly peer: string },
  limits: VisitLimits,
): Promise<Response | PageStatus> {
  const { request, url, peer } = asked;
  const body = await takeBody(request, { bytes: door.bodyBytes, idleMs: limits.idleMs }).catch(() => undefined);
  // Whoever has hung up within the request hears no answer.
  if (body === undefined) return 400;
  if (typeof body === "string") return STATUS[body];
  const seen = new Request(url, {
    method: request.method === "HEAD" ? "GET" : request.method,
    headers: request.headers,
    signal: request.signal,
    body: body.content,
    duplex: "half",
  });
  const silence = untilSilent(body.lastRead, limits.silentMs);
  try {
    const answer: unknown = await Promise.race([
      door.handle(seen, { peer, parameters: door.parameters }),
      silence.promise,
    ]);
    const fault = body.fault();
    // What it made of a body that was cut is no answer.
    if (fault !== undefined) return STATUS[fault];
    if (answer instanceof Response && answer.status >= 200) return answer;
    door.blame(new Error(answer === "silent" ? "a route did not answer" : "a route answered with no Response"));
    return answer === "silent" ? 503 : 500;
  } catch (error) {
    const fault = body.fault();
    if (fault !== undefined) return STATUS[fault];
    // Nobody waits for the answer of a visitor who has left.
    if (!request.signal.aborted) door.blame(error);
    return 500;
  } finally {
    silence.stop();
  }
}

const STATUS: Readonly<Record<BodyFault, PageStatus>> = { "too large": 413, "too slow": 408 };

function untilSilent(lastRead: () => number, silentMs: number) {
  const { promise, resolve } = Promise.withResolvers<"silent">();
  const look = () => {
    const left = lastRead() + silentMs - Date.now();
    if (left <= 0) resolve("silent");
    else timer = setTimeout(look, left);
  };
  let timer = setTimeout(look, silentMs);
  return { promise, stop: () => clearTimeout(timer) };
}
