import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Bell } from "../bell.ts";
import type { Markup } from "./view/words.ts";

const CALM_MS = 120;
/** Through this a browser that has gone is noticed. */
const BEAT_MS = 15_000;

/**
 * Server-sent events (HTML, 9.2): one `region` with each part of the page that has changed, all of them at first.
 * @param leave called when the visitor has gone.
 */
export function streamRegions(
  c: Context,
  bell: Bell,
  draw: () => Promise<Readonly<Record<string, Markup>>>,
  leave: () => void,
): Response {
  return streamSSE(c, async (stream) => {
    const last = new Map<string, string>();
    const waiting = { wake: () => {}, isDue: true };
    const stop = bell.listen(() => {
      waiting.isDue = true;
      waiting.wake();
    });
    stream.onAbort(() => {
      waiting.wake();
    });
    try {
      while (!stream.aborted) {
        if (waiting.isDue) {
          waiting.isDue = false;
          await sendChanges(stream, last, await draw());
          await stream.sleep(CALM_MS);
        } else {
          const { promise, resolve } = Promise.withResolvers<void>();
          waiting.wake = resolve;
          const timer = setTimeout(resolve, BEAT_MS);
          await promise;
          clearTimeout(timer);
          if (!waiting.isDue) await stream.write(": still here\n\n");
        }
      }
    } finally {
      stop();
      leave();
    }
  });
}

async function sendChanges(
  stream: SSEStreamingApi,
  last: Map<string, string>,
  regions: Readonly<Record<string, Markup>>,
): Promise<void> {
  for (const [id, markup] of Object.entries(regions)) {
    const content = String(await markup);
    if (last.get(id) === content) continue;
    last.set(id, content);
    await stream.writeSSE({ event: "region", data: JSON.stringify({ id, content }) });
  }
}
