import type { Health } from "../../src/adapter/index.ts";

/** Health of the channel, which depends on nothing but guichet itself. */
export function watchHealth(now: () => Date) {
  let last: Health = { state: "starting", since: now() };
  return {
    become: (state: "up" | "stopped") => {
      if (last.state !== state) last = { state, since: now() };
    },
    read: () => last,
  };
}
