"use strict";
/**
 * A round trip between the clients of two workers: the first worker broadcasts to a room of the second, which answers
 * the same way. Or from a worker to a client of its own.
 */
const { addStandIn, argumentsOf } = require("./stand-in");
const { timeEach } = require("./latency");

/** The worker's half. */
function pingWorker({ io, index }) {
  let onPong;
  if (index === 0) {
    addStandIn(io, "pinger", ["pinger"], (encoded) =>
      onPong(argumentsOf(encoded)[0]),
    );
  } else if (index === 1) {
    addStandIn(io, "ponger", ["ponger"], (encoded) =>
      io.to("pinger").emit("pong", argumentsOf(encoded)[0]),
    );
  }
  const pingRoom = (room, options) =>
    timeEach(options, async (i) => {
      const answer = new Promise((resolve) => (onPong = resolve));
      io.to(room).emit("ping", i);
      if ((await answer) !== i) {
        throw new Error("a pong of another ping");
      }
    });
  return {
    ping: (options) => pingRoom("ponger", options),
    pingSelf: (options) => pingRoom("pinger", options),
  };
}

module.exports = { pingWorker };
