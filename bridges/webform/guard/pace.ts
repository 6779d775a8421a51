import { isIPv6 } from "node:net";

/** Counts what comes from many sources, each allowed so much in a time. */
export interface Pace {
  /** @returns 0 when one more may pass, which is counted; else how many seconds are to be waited. */
  spend(source: string): number;
}

/** Sources that are remembered at most; the one that was quiet for longest is forgotten first. */
const MOST_SOURCES = 100_000;

/** A bucket for each source, which fills again evenly. */
export function createPace(most: number, milliseconds: number, now: () => number): Pace {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  const each = milliseconds / most;
  return {
    spend(source) {
      const at = now();
      const bucket = buckets.get(source) ?? { left: most, at };
      const left = Math.min(most, bucket.left + Math.max(0, at - bucket.at) / each);
      buckets.delete(source);
      if (buckets.size >= MOST_SOURCES) for (const oldest of buckets.keys()) if (buckets.delete(oldest)) break;
      const isFree = left >= 1;
      buckets.set(source, { left: isFree ? left - 1 : left, at });
      return isFree ? 0 : Math.max(1, Math.ceil(((1 - left) * each) / 1000));
    },
  };
}

/** One household has a network of IPv6 addresses (RFC 6177): they count as one. */
export function sourceOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => "0");
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
