/** Random whole numbers below `limit`, the same for the same seed (Numerical Recipes' linear congruential generator). */
export function lcg(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
