import { performance } from "node:perf_hooks";

// in ms
const SILENCE = 0.1;
const MAX_HELD = 0.5;

/**
 * When what has gathered leaves: after a silence, as soon as the running code is done, so that nobody waits for the event
 * loop. While more comes turn after turn, it leaves when a turn has brought nothing new, or after some time: a busy
 * process has turns of some 10 µs, or of many ms.
 */
export class FlushSchedule {
  readonly #flush: () => void;
  readonly #now: () => number;
  /** The last flush, or when something began to be held. */
  #since = -Infinity;
  #isHeld = false;
  #isEnding = false;
  #hasNews = false;

  /** @param now - in ms, of any origin */
  constructor(flush: () => void, now = () => performance.now()) {
    this.#flush = flush;
    this.#now = now;
  }

  /** Something is there to be flushed. It can wait for what follows in this turn, if it is not urgent. */
  request(isUrgent = true): void {
    this.#hasNews = true;
    if (this.#isEnding) {
      return;
    }
    const now = this.#now();
    if (this.#isHeld ? this.#isOverdue(now) : isUrgent && this.#isSilent(now)) {
      this.#isEnding = true;
      queueMicrotask(() => this.#end());
    } else if (!this.#isHeld) {
      this.#isHeld = true;
      this.#since = now;
      this.#awaitTurn();
    }
  }

  #isSilent(now: number): boolean {
    return now - this.#since > SILENCE;
  }

  #isOverdue(now: number): boolean {
    return now - this.#since > MAX_HELD;
  }

  #awaitTurn(): void {
    setImmediate(() => {
      if (this.#hasNews && !this.#isOverdue(this.#now())) {
        this.#hasNews = false;
        this.#awaitTurn();
      } else {
        this.#isHeld = false;
        this.#end();
      }
    });
  }

  #end(): void {
    this.#isEnding = false;
    this.#hasNews = false;
    this.#since = this.#now();
    this.#flush();
  }
}
