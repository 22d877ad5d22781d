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
  #isWaiting = false;
  /** The beginning, if nothing was flushed yet. */
  #flushedAt: number;
  /** Whether what waits is held until a turn brings nothing new. */
  #isHeld = false;
  #heldSince = 0;
  #hasNews = false;
  /** Whether what waits leaves when the running code is done. */
  #isEnding = false;

  /** @param now - in ms, of any origin */
  constructor(flush: () => void, now: () => number) {
    this.#flush = flush;
    this.#now = now;
    this.#flushedAt = now();
  }

  /** Something is there to be flushed. It can wait for what follows in this turn, if it is not urgent. */
  request(isUrgent = true): void {
    this.#isWaiting = true;
    this.#hasNews = true;
    const now = this.#now();
    const silence = now - this.#flushedAt;
    if (isUrgent && silence > QUIET) {
      this.#end(now);
    }
    if (this.#isEnding) {
      return;
    }
    if (
      this.#isHeld
        ? now - this.#heldSince > MAX_HELD
        : isUrgent && silence > SILENCE
    ) {
      // with what the running code writes until then
      this.#isEnding = true;
      queueMicrotask(() => {
        this.#isEnding = false;
        this.#end(this.#now());
      });
    } else if (!this.#isHeld) {
      this.#isHeld = true;
      this.#heldSince = now;
      this.#awaitTurn();
    }
  }

  #awaitTurn(): void {
    setImmediate(() => {
      const now = this.#now();
      if (this.#hasNews && now - this.#heldSince <= MAX_HELD) {
        this.#hasNews = false;
        this.#awaitTurn();
      } else {
        this.#isHeld = false;
        this.#end(now);
      }
    });
  }

  #end(now: number): void {
    this.#hasNews = false;
    if (this.#isWaiting) {
      this.#isWaiting = false;
      this.#flushedAt = now;
      this.#flush();
    }
  }
}
