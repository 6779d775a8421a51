/** Lets so much through in a second, and twice that at once after a quiet time. */
export interface Bucket {
  /** @param now of a clock that only goes forward, in milliseconds. @returns whether one more may pass; then it is counted. */
  take(now: number): boolean;
}

export function createBucket(perSecond: number, now: number): Bucket {
  const most = 2 * perSecond;
  let left = most;
  let at = now;
  return {
    take(moment) {
      left = Math.min(most, left + ((moment - at) * perSecond) / 1000);
      at = moment;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
