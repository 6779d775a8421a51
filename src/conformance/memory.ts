import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Watches how much memory is in use, garbage left out: of this thread, in bytes. */
export interface MemoryWatch {
  /** To be called for each piece that passes, with its size in bytes; most calls cost nothing. */
  look(bytes: number): void;
  /** The most that came on top since the watch began. */
  readonly grown: number;
}

/** Bytes between two looks: each clears the heap first. */
const SELDOM = 2 * 1024 * 1024;

export function watchMemory(): MemoryWatch {
  const collect = openCollector();
  const inUse = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const base = inUse();
  let unseen = 0;
  let grown = 0;
  return {
    look: (bytes) => {
      unseen += bytes;
      if (unseen < SELDOM) return;
      unseen = 0;
      grown = Math.max(grown, inUse() - base);
    },
    get grown() {
      return grown;
    },
  };
}

/** Node gives its garbage collector away on request only, which may be made at run time. */
function openCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("this Node gives no way to clear its heap");
  // Buffers that one run finds unused are counted as gone from the next run on.
  return () => {
    collect();
    collect();
  };
}
