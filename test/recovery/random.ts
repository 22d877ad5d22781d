/** Of the random tests: given back by `RECOVERY_SEED`. */
export const seed = Number(process.env.RECOVERY_SEED ?? Date.now() % 2 ** 31);

/** Returns a function that returns whole numbers from 0 up to a limit, the same ones for the same seed. */
export function randomNumbers(start = seed): (limit: number) => number {
  let state = start;
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
