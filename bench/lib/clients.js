"use strict";
/**
 * A process of real clients.
 */
const { createHistogram } = require("node:perf_hooks");
const { io } = require("socket.io-client");
const { connectToRun } = require("./control");
const { summaryOf } = require("./latency");
const { now } = require("./usage");

const OPTIONS = {
  transports: ["websocket"],
  forceNew: true,
  reconnection: false,
};

// in ms; a connection that takes longer has been lost
const PATIENCE = 3_000;

const run = connectToRun();
run.expose({
  ...storm(),
  ...audience(),
});
run.notify("hello", { role: "clients" });

/** Clients that connect and leave again, at a steady rate. */
function storm() {
  let timer;
  let answered = 0;
  let unanswered = 0;
  let open = 0;

  function connectOne(port) {
    open++;
    const socket = io(`http://127.0.0.1:${port}`, OPTIONS);
    const end = (isAnswered) => {
      clearTimeout(patience);
      socket.removeAllListeners();
      socket.disconnect();
      answered += isAnswered ? 1 : 0;
      unanswered += isAnswered ? 0 : 1;
      open--;
    };
    const patience = setTimeout(() => end(false), PATIENCE);
    socket.on("connect", () => end(true));
    socket.on("connect_error", () => end(false));
  }

  return {
    storm({ port, rate }) {
      timer = setInterval(() => connectOne(port), 1000 / rate);
    },
    async endStorm() {
      clearInterval(timer);
      while (open > 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return { connections: answered, unanswered };
    },
  };
}

/** Clients that stay, and count what they get. */
function audience() {
  const counts = [];
  let histogram;
  let missing = 0;
  let onTimedDone;
  let step = Infinity;
  let lastAt = 0;
  let reported = 0;
  let onCounted = () => {};

  function onTimed(sentAt) {
    histogram.record(Math.max(1, Math.round((now() - sentAt) * 1e6)));
    if (--missing === 0) {
      onTimedDone(summaryOf(histogram));
    }
  }

  function countOne(index, sequence) {
    if (sequence !== ++counts[index]) {
      throw new Error(
        `a client received ${sequence} in the place of ${counts[index]}`,
      );
    }
    lastAt = now();
    if (sequence % step === 0) {
      const slowest = Math.min(...counts);
      if (slowest > reported) {
        reported = slowest;
        run.notify("progress", { received: slowest });
      }
    }
    onCounted();
  }

  return {
    connect: ({ ports, count }) =>
      Promise.all(
        Array.from({ length: count }, (_, index) => {
          const port = ports[index % ports.length];
          const socket = io(`http://127.0.0.1:${port}`, OPTIONS);
          counts[index] = 0;
          socket.on("timed", onTimed);
          socket.on("counted", (sequence) => countOne(index, sequence));
          return new Promise((resolve, reject) => {
            socket.on("connect", resolve);
            socket.on("connect_error", reject);
          });
        }),
      ).then(() => {}),
    awaitTimed({ count }) {
      histogram = createHistogram({ figures: 4 });
      missing = count * counts.length;
      return new Promise((resolve) => (onTimedDone = resolve));
    },
    expectFlood(options) {
      step = options.step;
      reported = 0;
      counts.fill(0);
    },
    awaitFlood: ({ sent }) =>
      new Promise((resolve) => {
        onCounted = () => {
          if (counts.every((count) => count === sent)) {
            onCounted = () => {};
            resolve({ at: lastAt });
          }
        };
        onCounted();
      }),
  };
}
