/**
 * The outbox of a worker: collects the frames of one turn of the event loop, so that they leave in one message.
 */
import type { BroadcastOptions } from "socket.io-adapter";
import { FrameWriter, type Origin } from "../wire/frame-writer";
import type { Part } from "../wire/frames";

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

  /** Returns the WebSocket frame of the packet, if it is a single text. */
  writePacket(
    origin: Origin,
    opts: BroadcastOptions,
    requestId: string | undefined,
    parts: readonly Part[],
  ): Buffer | undefined {
    const frame = this.#writer.writePacket(origin, opts, requestId, parts);
    this.#onWritten();
    return frame;
  }

  /** @param target - the node that the message answers, `undefined` for everyone */
  writeMessage(
    origin: Origin,
    target: string | undefined,
    type: number,
    data: Uint8Array,
  ): void {
    this.#writer.writeMessage(origin, target, type, data);
    this.#onWritten();
  }

  /**
   * The first frame after a silence leaves as soon as the running code is done, so that nobody waits for the event loop.
   * While more is written turn after turn, it leaves when a turn has brought nothing new, or after some turns, or at
   * once when it is much.
   */
  #onWritten(): void {
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
