"use strict";
/**
 * The sending half of a stream: broadcasts in bursts, one burst per turn of the event loop, for a given time.
 *
 * A sender that never waits would measure how fast memory fills. This one waits when it is a window ahead of the
 * slowest receiver. Receivers report on markers: small broadcasts of the stream itself that tell how much was sent
 * before them.
 */
const { now } = require("../usage");

const MARKER_ROOM = "marker";
const MARKERS_PER_WINDOW = 8;

class Sender {
  #io;
  #index;
  #offsetSize;
  #reported = 0;
  #resume;

  /** @param offsetSize - what the adapter adds to each event, `null` if that differs */
  constructor(io, index, offsetSize = 0) {
    this.#io = io;
    this.#index = index;
    this.#offsetSize = offsetSize;
  }

  /** The slowest receiver has this much. */
  onReport({ received }) {
    this.#reported = received;
    this.#resume?.();
  }

  /**
   * @param stream.room - whom to send to, everyone if it is left out
   * @param stream.window - the number of broadcasts that may be under way, Infinity if it is left out
   * @param stream.ms - how long to send, or
   * @param stream.count - how much
   */
  async send({ room, size, binary, burst, window = Infinity, ms, count }) {
    const payload = payloadOf(size, binary);
    const step = Math.max(1, Math.floor(window / MARKERS_PER_WINDOW));
    this.#reported = 0;
    let sent = 0;
    const startedAt = now();
    const end = startedAt + (ms ?? Infinity);
    const limit = count ?? Infinity;
    while (sent < limit && now() < end) {
      for (let i = 0; i < burst && sent < limit; i++) {
        if (room === undefined) {
          this.#io.emit("e", payload);
        } else {
          this.#io.to(room).emit("e", payload);
        }
        if (++sent % step === 0) {
          this.#mark(sent, false);
        }
      }
      await new Promise(setImmediate);
      while (sent - this.#reported >= window) {
        await new Promise((resolve) => (this.#resume = resolve));
      }
    }
    this.#mark(sent, true);
    return { sent, startedAt, bytesEach: this.#encodedSize(payload) };
  }

  #mark(sent, isLast) {
    this.#io.to(MARKER_ROOM).emit("marker", this.#index, sent, isLast);
  }

  #encodedSize(payload) {
    if (this.#offsetSize === null) {
      return null;
    }
    const parts = this.#io.encoder.encode({
      type: 2,
      nsp: "/",
      data: ["e", payload],
    });
    return parts.reduce((sum, part) => sum + part.length, this.#offsetSize);
  }
}

function payloadOf(size, binary) {
  return binary ? Buffer.alloc(size, 1) : "x".repeat(size);
}

module.exports = { Sender, MARKER_ROOM };
