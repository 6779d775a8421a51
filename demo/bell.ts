import { setTimeout as sleep } from "node:timers/promises";

/** Tells whoever listens that something has changed; what it is they look up themselves. */
export interface Bell {
  ring(): void;
  /** @returns how to stop listening. */
  listen(hear: () => void): () => void;
}

export function createBell(): Bell {
  const listeners = new Set<() => void>();
  return {
    ring: () => {
      for (const hear of listeners) hear();
    },
    listen: (hear) => {
      listeners.add(hear);
      return () => void listeners.delete(hear);
    },
  };
}

/** Looks at once, and again at each ring. @returns what was found; undefined when nothing was in time. */
export async function lookUntil<T>(bell: Bell, look: () => T | undefined, timeoutMs: number): Promise<T | undefined> {
  const found = Promise.withResolvers<T | undefined>();
  const stop = bell.listen(() => {
    const now = look();
    if (now !== undefined) found.resolve(now);
  });
  const timer = new AbortController();
  try {
    return look() ?? (await Promise.race([found.promise, sleep(timeoutMs, undefined, timer)]));
  } finally {
    stop();
    timer.abort();
  }
}
