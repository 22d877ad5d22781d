"use strict";

// in a second: what a tab receives from all senders together, how often each of them sends, and what the primary passes on
const PACKETS = 200;
const MAX_ROUNDS = 10;
const MAX_MESSAGES = 1000;
// as long as a short text: what a frozen worker does not read soon fills its pipe, and waits in the primary
const TEXT = "x".repeat(400);

/** How often each sender sends, in ms, and how many packets at a time. */
function paceFor(workerCount) {
  const senders = workerCount + 1;
  const rounds = Math.min(MAX_ROUNDS, MAX_MESSAGES / (senders * workerCount));
  return {
    interval: 1000 / rounds,
    packets: Math.max(1, Math.round(PACKETS / senders / rounds)),
  };
}

/**
 * Sends packets that are numbered from 1, without a gap: whoever receives them can tell what is missing.
 *
 * @param emitter - an `Emitter`, or a server
 * @param from - the number of the worker, 0 for the primary
 * @param pace - see `paceFor()`
 */
function startTraffic(emitter, from, { interval, packets }) {
  let n = 0;
  setInterval(() => {
    for (let i = 0; i < packets; i++) {
      n++;
      emitter.emit("packet", { from, n, text: TEXT });
    }
  }, interval);
}

module.exports = { paceFor, startTraffic };
