import { setTimeout as sleep } from "node:timers/promises";
import { MatrixError } from "./matrix-client.ts";

const AGAIN_MS = 100;

/** Repeats a request while the homeserver is away, as a client does. A refusal is passed on. */
export async function whileAway<Answer>(request: () => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof MatrixError && error.status >= 400 && error.status < 500) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** Waits until `holds` says true. @throws Error when it does not in time. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  if (!(await becomesTrue(holds, limitMs, 20))) throw new Error(`not so after ${limitMs} ms`);
}

/** Waits until `holds` says true. @returns false when it does not in time. */
export async function becomesTrue(
  holds: () => boolean | Promise<boolean>,
  limitMs: number,
  everyMs = AGAIN_MS,
): Promise<boolean> {
  for (const end = Date.now() + limitMs; Date.now() < end; await sleep(everyMs)) if (await holds()) return true;
  return false;
}
