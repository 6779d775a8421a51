import type { Health } from "../../src/adapter/index.ts";

/** Health of the channel: that of its gateway. */
export interface ChannelHealth {
  /** @param code what keeps the gateway from working; undefined when it works. */
  report(code: string | undefined): void;
  stop(): void;
  read(): Health;
}

export function watchHealth(now: () => Date): ChannelHealth {
  let last: Health = { state: "starting", since: now() };
  const become = (state: Health["state"], reason?: string) => {
    if (last.state === "stopped" || (state === last.state && reason === last.reason)) return;
    last = { state, since: now(), ...(reason === undefined ? {} : { reason }) };
  };
  return {
    report: (code) => (code === undefined ? become("up") : become("degraded", code)),
    stop: () => become("stopped"),
    read: () => last,
  };
}
