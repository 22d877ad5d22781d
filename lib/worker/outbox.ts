/**
 * The outbox of a worker: collects frames, so that many of them leave in one message.
 */
import type { BroadcastOptions } from "socket.io-adapter";
import { FlushSchedule } from "./flush-schedule";
import {
  FrameWriter,
  type Origin,
  type WrittenPacket,
} from "../wire/frame-writer";
import type { OffsetPlace, Part } from "../wire/frames";

// more in one message costs latency, and the json channel is quadratic in the size of a message
const HIGH_WATER_MARK = 64 * 1024;

export class Outbox {
  readonly #send: (sections: Buffer[]) => void;
  readonly #writer = new FrameWriter();
  readonly #schedule: FlushSchedule;
  /** Whether the process ends: no turn of the event loop follows. */
  isLast = false;

  /** @param now - in ms, of any origin */
  constructor(send: (sections: Buffer[]) => void, now: () => number) {
    this.#send = send;
    this.#schedule = new FlushSchedule(() => this.flush(), now);
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

  writeOrdered(
    origin: Origin,
    opts: BroadcastOptions,
    parts: readonly Part[],
    place: OffsetPlace | undefined,
    isNumbered: boolean,
  ): WrittenPacket {
    const packet = this.#writer.writeOrdered(
      origin,
      opts,
      parts,
      place,
      isNumbered,
    );
    this.#onWritten();
    return packet;
  }

  /**
   * @param target - the node that the message answers, `undefined` for everyone
   * @param isUrgent - whether nothing will follow for which it could wait
   */
  writeMessage(
    origin: Origin,
    target: string | undefined,
    type: number,
    data: Uint8Array,
    isUrgent = true,
  ): void {
    this.#writer.writeMessage(origin, target, type, data);
    this.#onWritten(isUrgent);
  }

  /** @param target - the node that it is for */
  writeSession(origin: Origin, target: string, body: Uint8Array): void {
    this.#writer.writeSession(origin, target, body);
    this.#onWritten();
  }

  /** What is much leaves at once. */
  #onWritten(isUrgent = true): void {
    if (this.#writer.byteLength >= HIGH_WATER_MARK || this.isLast) {
      this.flush();
    } else {
      this.#schedule.request(isUrgent);
    }
  }

  /** Sends what has been written, now. */
  flush(): void {
    if (this.#writer.byteLength > 0) {
      this.#send(this.#writer.take());
    }
  }
}
