import { performance } from "node:perf_hooks";

// a busy process has turns of some 10 µs
const MAX_HELD_TURNS = 8;
// in ms
const SILENCE = 0.1;

/**
 * When what has gathered leaves: after a silence, as soon as the running code is done, so that nobody waits for the event
 * loop. While more comes turn after turn, it leaves when a turn has brought nothing new, or after some turns.
 */
export class FlushSchedule {
  readonly #flush: () => void;
  readonly #now: () => number;
  #lastAt = -Infinity;
  #isWaiting = false;
  #hasNews = false;

  /** @param now - in ms, of any origin */
  constructor(flush: () => void, now = () => performance.now()) {
    this.#flush = flush;
    this.#now = now;
  }

  /** Something is there to be flushed. It can wait for what follows in this turn, if it is not urgent. */
  request(isUrgent = true): void {
    this.#hasNews = true;
    if (this.#isWaiting) {
      return;
    }
    this.#isWaiting = true;
    if (isUrgent && this.#now() - this.#lastAt > SILENCE) {
      queueMicrotask(() => this.#end());
    } else {
      this.#awaitTurn(0);
    }
  }

  #awaitTurn(heldTurns: number): void {
    setImmediate(() => {
      const hasNews = this.#hasNews;
      this.#hasNews = false;
      if (hasNews && heldTurns < MAX_HELD_TURNS) {
        this.#awaitTurn(heldTurns + 1);
      } else {
        this.#end();
      }
    });
  }

  #end(): void {
    this.#isWaiting = false;
    this.#hasNews = false;
    this.#lastAt = this.#now();
    this.#flush();
  }
}
