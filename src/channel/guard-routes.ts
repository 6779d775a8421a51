import type { Logger } from "pino";
import type { Routes } from "../adapter/index.ts";
import { type MatchedRoute, openRouteTable, type RouteMatch } from "../adapter/route-table.ts";
import type { ChannelId } from "../domain/ids.ts";
import { runFor } from "./blame.ts";

/** What stands at the address of a channel, for one request. */
export type RouteFound =
  | (MatchedRoute & {
      /** The handler did what the contract does not know. */
      blame(error: unknown): void;
    })
  | Exclude<RouteMatch, MatchedRoute>
  /** The channel does not run at the moment. */
  | { readonly is: "closed" };

/** The routes of a channel, through all the bridges that it has one after the other. */
export interface GuardedRoutes {
  /** Routes for a bridge that is about to be built: what the one before it had is gone. */
  renew(): Routes;
  find(method: string, path: string): RouteFound;
}

export function guardRoutes({ channel, log }: { readonly channel: ChannelId; readonly log: Logger }): GuardedRoutes {
  let table = openRouteTable();
  const blame = (error: unknown) =>
    log.error({ err: error, code: "BRIDGE_FAULT" }, "the bridge broke its contract in a route");
  return {
    renew() {
      table = openRouteTable();
      return { on: table.on };
    },
    find(method, path) {
      const match = table.find(method, path);
      if (match.is !== "route") return match;
      const { handle } = match;
      return {
        ...match,
        // In a function of its own, so that what is thrown at once is a rejection, too.
        handle: (request, visit) => runFor(channel, async () => handle(request, visit)),
        blame,
      };
    },
  };
}
