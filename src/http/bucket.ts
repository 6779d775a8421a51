/** Lets so much through in a second, and twice that at once after a quiet time. */
export interface Bucket {
  /** @param now of a clock that only goes forward, in milliseconds. @returns whether one more may pass; then it is counted. */
  take(now: number): boolean;
}

/** What turning one away costs, as a share of what letting it through does (docs/adr/0032). */
const TURNED_AWAY = 1 / 40;

/** What is turned away is paid from the same purse, but for half of it at most: some pass in the worst flood. */
export function createBucket(perSecond: number, now: number): Bucket {
  const most = 2 * perSecond;
  let left = most;
  let at = now;
  return {
    take(moment) {
      const gained = ((moment - at) * perSecond) / 1000;
      left = Math.min(most, left + gained);
      at = moment;
      const passes = left >= 1;
      left -= passes ? 1 : Math.min(TURNED_AWAY, gained / 2);
      return passes;
    },
  };
}
