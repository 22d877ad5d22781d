/**
 * The outbox of a worker: collects the frames of one turn of the event loop, so that they leave in one message.
 */
import { FrameWriter } from "../wire/frame-writer";

// more in one message costs latency, and the json channel is quadratic in the size of a message
const HIGH_WATER_MARK = 64 * 1024;
// a busy process has turns of some 10 µs
const MAX_HELD_TURNS = 8;

export class Outbox {
  readonly #send: (sections: Buffer[]) => void;
  readonly #writer = new FrameWriter();
  /** Whether something was written in one of the last turns. */
  #isBusy = false;
  #hasNews = false;

  constructor(send: (sections: Buffer[]) => void) {
    this.#send = send;
  }

  /**
   * Writes a frame. The first one after a silence leaves as soon as the running code is done, so that nobody waits for
   * the event loop. While more is written turn after turn, it leaves when a turn has brought nothing new, or after some
   * turns, or at once when it is much.
   */
  write(frame: (writer: FrameWriter) => void): void {
    frame(this.#writer);
    this.#hasNews = true;
    if (this.#writer.byteLength >= HIGH_WATER_MARK) {
      this.flush();
    } else if (!this.#isBusy) {
      this.#isBusy = true;
      queueMicrotask(() => this.flush());
      this.#awaitTurn(0);
    }
  }

  #awaitTurn(heldTurns: number): void {
    setImmediate(() => {
      const hasNews = this.#hasNews;
      this.#hasNews = false;
      if (hasNews && heldTurns < MAX_HELD_TURNS) {
        this.#awaitTurn(heldTurns + 1);
      } else if (this.#writer.byteLength > 0) {
        this.flush();
        this.#awaitTurn(0);
      } else {
        this.#isBusy = false;
      }
    });
  }

  /** Sends what has been written, now. */
  flush(): void {
    if (this.#writer.byteLength > 0) {
      this.#send(this.#writer.take());
    }
  }
}
