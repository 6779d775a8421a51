import type { Visit } from "../adapter/index.ts";
import type { MatchedRoute, RouteMatch } from "../adapter/route-table.ts";
import { pause } from "../domain/pause.ts";
import { limitBody } from "./limit-body.ts";
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
  if (Number(request.headers.get("content-length") ?? 0) > door.bodyBytes) return 413;
  const isRead = request.method !== "GET" && request.method !== "HEAD";
  const body = limitBody(isRead ? request.body : null, { bytes: door.bodyBytes, idleMs: limits.idleMs });
  const seen = new Request(url, {
    method: request.method === "HEAD" ? "GET" : request.method,
    headers: request.headers,
    signal: request.signal,
    ...(body.stream === null ? {} : { body: body.stream, duplex: "half" }),
  });
  const visit: Visit = { peer, parameters: door.parameters };
  const ended = new AbortController();
  try {
    const answer: unknown = await Promise.race([
      door.handle(seen, visit),
      untilSilent(body.lastRead, limits.silentMs, ended.signal),
    ]);
    // What it made of a body that was cut is no answer.
    if (body.fault() !== undefined) return statusOf(body.fault());
    if (answer instanceof Response && answer.status >= 200) return answer;
    door.blame(new Error(answer === "silent" ? "a route did not answer" : "a route answered with no Response"));
    return answer === "silent" ? 503 : 500;
  } catch (error) {
    if (body.fault() !== undefined) return statusOf(body.fault());
    // Nobody waits for the answer of a visitor who has left.
    if (!request.signal.aborted) door.blame(error);
    return 500;
  } finally {
    ended.abort();
  }
}

const statusOf = (fault: "too large" | "too slow" | undefined): PageStatus => (fault === "too large" ? 413 : 408);

async function untilSilent(lastRead: () => number, silentMs: number, ended: AbortSignal): Promise<"silent"> {
  for (let left = silentMs; left > 0 && !ended.aborted; left = lastRead() + silentMs - Date.now())
    await pause(left, ended);
  return "silent";
}
