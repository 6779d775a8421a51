import type { IncomingMessage, ServerResponse } from "node:http";
import type { RoutePace, WaitPage } from "../adapter/index.ts";
import type { Door } from "./answer-visit.ts";
import { createBucket } from "./bucket.ts";
import { makePage } from "./pages.ts";
import { type ReadTarget, readUrl } from "./read-target.ts";
import { secureHeaders } from "./security-headers.ts";
import { createTurnAway, type ReadyPage } from "./turn-away.ts";

/** Stands before all that is done for a request. */
export interface Gate {
  /** Answers a request that comes faster than its route takes such. @returns whether it did. */
  turnsAway(incoming: IncomingMessage, outgoing: ServerResponse): boolean;
}

export interface GateOptions {
  readonly readTarget: ReadTarget;
  readonly isSecure: boolean;
  find(channel: string, method: string, path: string): Door;
}

/**
 * A flood must cost next to nothing: whoever has to wait is told so from the head of the request alone, by a page that is
 * kept ready, written past all layers of the listener.
 */
export function openGate({ readTarget, isSecure, find }: GateOptions): Gate {
  const turnAway = createTurnAway();
  const buckets = new WeakMap<RoutePace, ReturnType<typeof createBucket>>();
  const ready = new WeakMap<WaitPage, ReadyPage>();
  const own = new Map<string, WaitPage>();
  const isLate = (pace: RoutePace) => {
    const bucket = buckets.get(pace) ?? createBucket(pace.perSecond, performance.now());
    buckets.set(pace, bucket);
    return !bucket.take(performance.now());
  };
  const ownPage = (acceptLanguage: string | undefined): WaitPage => {
    const made = makePage(503, acceptLanguage);
    const known = own.get(made.body) ?? made;
    own.set(made.body, known);
    return known;
  };
  return {
    turnsAway(incoming, outgoing) {
      const url = readUrl(incoming.url ?? "");
      if (url === null) return false;
      const { channel, path } = readTarget(url.pathname);
      const door = channel === undefined ? undefined : find(channel, incoming.method ?? "", path);
      if (door?.is !== "route" || door.pace === undefined || !isLate(door.pace)) return false;
      const acceptLanguage = incoming.headers["accept-language"];
      const page = door.pace.page?.({ search: url.search, acceptLanguage }) ?? ownPage(acceptLanguage);
      const written = ready.get(page) ?? write(page, door.pace, isSecure);
      ready.set(page, written);
      turnAway(incoming, outgoing, written, door.bodyBytes);
      return true;
    },
  };
}

function write({ headers, body }: WaitPage, { waitSeconds }: RoutePace, isSecure: boolean): ReadyPage {
  const bytes = Buffer.from(body);
  const all = secureHeaders({ ...headers, "retry-after": String(waitSeconds) }, isSecure);
  return { head: [...all, ["content-length", String(bytes.length)]].flat(), body: bytes };
}
