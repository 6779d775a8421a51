import { GuichetError } from "../domain/guichet-error.ts";

/** Longest time that a transaction is kept waiting, in milliseconds: homeservers give one up after a minute. */
const LONGEST_MS = 20_000;

/**
 * Keeps the homeserver's transactions waiting while older events may have to be fetched: after a restart it sends new
 * events at once and has forgotten what it had queued before, so an agent's second answer would overtake the first.
 */
export interface Gate {
  close(): void;
  open(): void;
  /** Refuses whoever waits or comes: the process stops, and what it took now could not be put behind what is older. */
  end(): void;
  /** Resolves when the gate is open, and always after a while: order is worth a delay, but not an event. Rejects after `end`. */
  pass(): Promise<void>;
}

/** A gate that is closed. */
export function makeGate(longestMs = LONGEST_MS): Gate {
  let state: "closed" | "open" | "ended" = "closed";
  const waiting = new Set<() => void>();
  const become = (next: typeof state) => {
    if (state !== "ended") state = next;
    if (state !== "closed") for (const go of waiting) go();
  };
  return {
    close: () => become("closed"),
    open: () => become("open"),
    end: () => become("ended"),
    async pass() {
      if (state === "closed")
        await new Promise<void>((resolve) => {
          const go = () => {
            clearTimeout(late);
            waiting.delete(go);
            resolve();
          };
          const late = setTimeout(go, longestMs);
          waiting.add(go);
        });
      if (state === "ended") throw new GuichetError("STOPPING", "guichet stops and takes nothing more in.");
    },
  };
}
