import type { RouteHandler, RoutePace, Routes } from "./routes.ts";

export interface MatchedRoute {
  readonly is: "route";
  readonly handle: RouteHandler;
  readonly parameters: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly pace: RoutePace | undefined;
}

/** What a table has for a request. */
export type RouteMatch =
  | MatchedRoute
  /** Others of the methods lead on. */
  | { readonly is: "wrong-method"; readonly allowed: readonly string[] }
  | { readonly is: "nothing" };

export interface RouteTable extends Routes {
  /** All routes, as they were given. */
  list(): readonly { readonly method: "GET" | "POST"; readonly path: string; readonly bodyBytes: number }[];
  /** @param path below the channel's prefix, as it was asked for: not decoded. */
  find(method: string, path: string): RouteMatch;
}

const BODY_BYTES = 65_536;
const PATH = /^(\/|(\/(:[a-z]\w*|[\w.~-]+))+)$/i;

interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly segments: readonly string[];
  readonly handle: RouteHandler;
  readonly bodyBytes: number;
  readonly pace: RoutePace | undefined;
}

/** The routes of one bridge. */
export function openRouteTable(): RouteTable {
  const routes: Route[] = [];
  return {
    on(method, path, handle, { bodyBytes = BODY_BYTES, pace } = {}) {
      if (!PATH.test(path)) throw new Error(`"${path}" is not the path of a route`);
      const segments = split(path);
      routes.unshift({ method, path, segments, handle, bodyBytes, pace });
    },
    list: () => routes,
    find(method, path) {
      const segments = split(path);
      const fitting = routes
        .flatMap((route) => {
          const parameters = match(route.segments, segments);
          return parameters ? [{ ...route, parameters }] : [];
        })
        // What stands there by its name goes before what may be anything.
        .toSorted((one, other) => Object.keys(one.parameters).length - Object.keys(other.parameters).length);
      const asked = method === "HEAD" ? "GET" : method;
      const found = fitting.find((route) => route.method === asked);
      if (found) {
        const { handle, parameters, bodyBytes, pace } = found;
        return { is: "route", handle, parameters, bodyBytes, pace };
      }
      const allowed = new Set(fitting.flatMap((route) => (route.method === "GET" ? ["GET", "HEAD"] : ["POST"])));
      return allowed.size === 0 ? { is: "nothing" } : { is: "wrong-method", allowed: [...allowed] };
    },
  };
}

const split = (path: string) => (path === "" || path === "/" ? [] : path.slice(1).split("/"));
const isParameter = (segment: string) => segment.startsWith(":");

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [place, wanted] of pattern.entries()) {
    const found = decode(segments[place] ?? "");
    if (found === undefined || found === "") return undefined;
    if (isParameter(wanted)) parameters[wanted.slice(1)] = found;
    else if (wanted !== found) return undefined;
  }
  return parameters;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
