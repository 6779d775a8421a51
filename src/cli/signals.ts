import type { Logger } from "pino";

/** A repeat within this time is the same key press: the terminal signals the whole group, and npm passes it on once more. */
const SAME_PRESS_MS = 300;

/** Aborts at the first SIGINT or SIGTERM. A second one ends the process at once with exit code 1. */
export function stopOnSignals(log: Logger): AbortSignal {
  const stop = new AbortController();
  let first = 0;
  const onSignal = (name: NodeJS.Signals) => {
    if (!stop.signal.aborted) {
      first = performance.now();
      log.info({ signal: name }, "stopping");
      stop.abort();
    } else if (performance.now() - first > SAME_PRESS_MS) {
      process.exit(1);
    }
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return stop.signal;
}
