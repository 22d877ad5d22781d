import type { Offset } from "../wire/offsets";

// in ms
const REPORT_INTERVAL = 1_000;

/** Where this process is in the total order, which the primary has to know. [R7] */
export class Order {
  readonly #report: (position: Offset) => void;
  /** Changed in place: there is one for each packet. */
  readonly #position = { epoch: "------", number: 0 };
  #reported = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param report - tells the primary, once a second at the most */
  constructor(report: (position: Offset) => void) {
    this.#report = report;
  }

  /** The last packet that was delivered. */
  get position(): Offset {
    return this.#position;
  }

  /** Returns whether that is the beginning of a new order. */
  begin(position: Offset): boolean {
    const isNew = this.#position.epoch !== position.epoch;
    Object.assign(this.#position, position);
    if (isNew) {
      this.#reported = position.number;
    } else {
      this.#reportLater();
    }
    return isNew;
  }

  /** A packet is about to be delivered. */
  advance(number: number): void {
    if (number <= this.#position.number) {
      // not numbered: the primary had left the order
      return;
    }
    this.#position.number = number;
    this.#reportLater();
  }

  #reportLater(): void {
    if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#position.number !== this.#reported) {
          this.#reported = this.#position.number;
          this.#report(this.#position);
        }
      }, REPORT_INTERVAL);
      this.#timer.unref();
    }
  }
}
