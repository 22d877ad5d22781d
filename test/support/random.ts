/** Random numbers that are the same for the same seed: mulberry32. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 up to a limit, without it. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** Takes one out of a list. */
  takeFrom<T>(items: T[]): T | undefined {
    return items.splice(this.below(items.length), 1)[0];
  }
}

/** A seed that differs from run to run. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
