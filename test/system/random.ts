/** Random numbers from a seed (mulberry32), so that what a test did can be done again. */
export function randomNumbers(seed: number): {
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  readonly pick: <T>(from: readonly T[]) => T;
} {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(from: readonly T[]): T => {
    const found = from[Math.floor(random() * from.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  };
  return { random, pick };
}
