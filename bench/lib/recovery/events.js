"use strict";
/**
 * Numbered events of 100 B, which fill the log of what clients may have missed.
 */
const { addStandIn, argumentsOf } = require("../stand-in");

const WATCHERS = "watchers";
const MARK_EVERY = 1_000;
const WINDOW = 5_000;
const BURST = 100;
const PAYLOAD = Buffer.alloc(100, "x");

/** Publishes them, and watches how far they have got. */
class NumberedEvents {
  #io;
  #last = -1;
  #waiting = [];

  constructor(io, index) {
    this.#io = io;
    addStandIn(io, `watcher-${index}`, [WATCHERS], (encoded) => {
      const number = numberOf(encoded);
      if (number !== undefined) {
        this.#onEvent(number);
      }
    });
  }

  /**
   * Publishes the events of a range. Every thousandth, and the last one, is for the watchers, unless it is for everyone.
   *
   * @param roomOf - for whom the event with a number is, `undefined` for everyone
   */
  async publish({ from, to }, roomOf) {
    for (let number = from; number < to; number++) {
      const room = roomOf(number);
      // a text of its own for each: an adapter may keep it
      const payload = PAYLOAD.toString("latin1");
      const isMark = (number + 1) % MARK_EVERY === 0 || number === to - 1;
      if (room === undefined) {
        this.#io.emit("e", number, payload);
      } else {
        const target = isMark ? WATCHERS : room;
        this.#io.to(target).emit("e", number, payload);
      }
      if (isMark) {
        await this.seen(number - WINDOW);
      }
      if (number % BURST === 0) {
        await new Promise(setImmediate);
      }
    }
  }

  /** Waits until this worker has received everything up to a number. */
  async seen(number) {
    if (this.#last < number) {
      await new Promise((resolve) => this.#waiting.push({ number, resolve }));
    }
  }

  #onEvent(number) {
    this.#last = number;
    const isSeen = (one) => one.number <= number;
    this.#waiting.filter(isSeen).forEach(({ resolve }) => resolve());
    this.#waiting = this.#waiting.filter((one) => !isSeen(one));
  }
}

/** The number of an encoded packet, `undefined` if it is none of these events. */
function numberOf([text]) {
  return text.startsWith('2["e",') ? Number.parseInt(text.slice(6)) : undefined;
}

/** The offset of an encoded event: what its client sends when it comes back. */
function offsetOf(encoded) {
  return argumentsOf(encoded).at(-1);
}

module.exports = { NumberedEvents, numberOf, offsetOf };
