// in ms
const QUIET = 1;
const SILENCE = 0.1;
const MAX_HELD = 0.5;

/**
 * When what has gathered leaves. Where little is said, at once: nobody waits for what the running code does next, such as
 * to write to a thousand clients. After a short silence, as soon as the running code is done, so that nobody waits for the
 * event loop. While more comes turn after turn, when a turn has brought nothing new, or after some time: a busy process
 * has turns of some 10 µs, or of many ms.
 */
export class FlushSchedule {
  readonly #flush: () => void;
  readonly #now: () => number;
  /** The last flush, or when something began to be held; the beginning, if there was nothing yet. */
  #since: number;
  #isHeld = false;
  #isEnding = false;
  #hasNews = false;

  /** @param now - in ms, of any origin */
  constructor(flush: () => void, now: () => number) {
    this.#flush = flush;
    this.#now = now;
    this.#since = now();
  }

  /** Something is there to be flushed. It can wait for what follows in this turn, if it is not urgent. */
  request(isUrgent = true): void {
    this.#hasNews = true;
    const now = this.#now();
    const elapsed = now - this.#since;
    if (isUrgent && elapsed > QUIET) {
      this.#since = now;
      this.#flush();
    }
    if (this.#isEnding) {
      return;
    }
    if (this.#isHeld ? elapsed > MAX_HELD : isUrgent && elapsed > SILENCE) {
      this.#isEnding = true;
      queueMicrotask(() => this.#end());
    } else if (!this.#isHeld) {
      this.#isHeld = true;
      this.#since = now;
      this.#awaitTurn();
    }
  }

  #awaitTurn(): void {
    setImmediate(() => {
      if (this.#hasNews && this.#now() - this.#since <= MAX_HELD) {
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
