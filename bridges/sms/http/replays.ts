/** Memory of the requests that were taken: the same one again has no effect. */
export interface Replays {
  has(proof: string): boolean;
  /** @param goodFor milliseconds in which it may come again; afterwards its timestamp is refused. */
  keep(proof: string, goodFor: number): void;
}

/** 44 octets each: at most a few megabytes. */
const MOST = 20_000;

export function createReplays(now: () => Date, most = MOST): Replays {
  const ends = new Map<string, number>();
  return {
    has: (proof) => (ends.get(proof) ?? Number.NEGATIVE_INFINITY) >= now().getTime(),
    keep: (proof, goodFor) => {
      ends.delete(proof);
      ends.set(proof, now().getTime() + goodFor);
      for (const [oldest, end] of ends) {
        if (ends.size <= most && end >= now().getTime()) break;
        ends.delete(oldest);
      }
    },
  };
}
