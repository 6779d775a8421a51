import type { Health } from "../../src/adapter/index.ts";

/** Health of a channel, put together from its parts: each is well, or has a reason not to be. */
export interface ChannelHealth {
  /** @param reason a code; undefined when the part is well. */
  report(part: string, reason: string | undefined): void;
  stop(): void;
  read(): Health;
}

/** @param parts each is "starting" until its first report. */
export function watchHealth(parts: readonly string[], now: () => Date): ChannelHealth {
  const reasons = new Map<string, string | undefined>();
  let isStopped = false;
  let last: Health = { state: "starting", since: now() };

  const update = () => {
    const reason = [...reasons.values()].find((each) => each !== undefined);
    const isStarting = parts.some((part) => !reasons.has(part));
    const state = isStopped ? "stopped" : reason !== undefined ? "degraded" : isStarting ? "starting" : "up";
    const shown = state === "degraded" ? reason : undefined;
    if (state === last.state && shown === last.reason) return;
    last = { state, since: now(), ...(shown === undefined ? {} : { reason: shown }) };
  };
  update();
  return {
    report: (part, reason) => {
      reasons.set(part, reason);
      update();
    },
    stop: () => {
      isStopped = true;
      update();
    },
    read: () => last,
  };
}
