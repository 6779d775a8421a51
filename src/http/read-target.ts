/** Whose address a request asks for. */
export interface Target {
  /** Undefined where no channel can be. */
  readonly channel: string | undefined;
  /** Below the channel's prefix, not decoded. */
  readonly path: string;
}

export type ReadTarget = (pathname: string) => Target;

/** @param publicUrl where visitors see the listener: paths of requests begin with its path. */
export function targetBelow(publicUrl: string): ReadTarget {
  const { pathname } = new URL(publicUrl);
  const prefix = pathname === "/" ? "" : pathname;
  return (asked) => {
    const [, channel, path = "/"] = asked.startsWith(`${prefix}/`)
      ? (/^\/([^/]+)(\/.*)?$/.exec(asked.slice(prefix.length)) ?? [])
      : [];
    return { channel, path };
  };
}

/** @param target as the request line has it (RFC 9112, section 3.2): a path, or a whole address. */
export const readUrl = (target: string): URL | null =>
  URL.parse(target.startsWith("/") ? `http://localhost${target}` : target);
