import { setImmediate as nextTurn } from "node:timers/promises";

/** The pipe to a worker, which takes what is sent when the test says so. */
export class FakePipe {
  readonly sent: object[] = [];
  readonly #callbacks: Array<() => void> = [];

  readonly send = (message: object, callback: () => void): void => {
    this.sent.push(message);
    this.#callbacks.push(callback);
  };

  get underWay(): number {
    return this.#callbacks.length;
  }

  /** The sections of each message that has some. */
  get sections(): Array<Array<Buffer | string>> {
    return this.sent.flatMap((message) =>
      "type" in message && message.type === 14
        ? [(message as unknown as { data: Array<Buffer | string> }).data]
        : [],
    );
  }

  /** All that was sent, the sections one by one. */
  get order(): unknown[] {
    return this.sent.flatMap((message) =>
      "type" in message && message.type === 14
        ? (message as unknown as { data: unknown[] }).data
        : [message],
    );
  }

  /** The oldest write is through. */
  onSent(): void {
    this.#callbacks.shift()?.();
  }

  /** Takes everything, until nothing comes any more. */
  async drain(): Promise<void> {
    await nextTurn();
    while (this.#callbacks.length > 0) {
      this.onSent();
      await Promise.resolve();
    }
    await nextTurn();
    if (this.#callbacks.length > 0) {
      await this.drain();
    }
  }
}
