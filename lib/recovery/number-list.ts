// what was taken off is cut off in one go, when it is half of all
const COMPACT_AT = 64;

/** Numbers in ascending order, which are added at one end and taken off at the other. */
export class NumberList {
  readonly #numbers: number[];
  #head = 0;

  /** @param numbers - a list that is filled by a call has room for many more */
  constructor(...numbers: number[]) {
    this.#numbers = numbers;
  }

  get isEmpty(): boolean {
    return this.#head === this.#numbers.length;
  }

  push(number: number): void {
    this.#numbers.push(number);
  }

  /** Takes the lowest number off. */
  shift(): void {
    this.#head++;
    const { length } = this.#numbers;
    if (
      this.#head === length ||
      (this.#head > COMPACT_AT && this.#head > length / 2)
    ) {
      this.#numbers.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** All that are higher than a number. */
  after(number: number): number[] {
    let low = this.#head;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] as number) > number) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return this.#numbers.slice(low);
  }
}
