"use strict";
const { groups } = require("../lib/contenders");
const { addStandIn } = require("../lib/stand-in");
const { measureLatency, timeEach } = require("../lib/latency");

const CLIENTS = 200;
const WORKERS = 4;

const { ADVANCED, NETWORKED } = groups;

module.exports = {
  name: "acks",
  title: "Broadcasts with acknowledgements",
  description:
    `io.timeout().emitWithAck() to ${CLIENTS} stand-ins on ${WORKERS} workers, one after the other. The stand-ins of ` +
    "a worker acknowledge together, in the turn of the event loop that follows.",
  metrics: ["p50", "p99", "relayCpu", "workersCpu"],
  cases: ({ quick }) => [
    {
      id: "200-clients",
      title: `${WORKERS} workers, ${CLIENTS} clients`,
      workers: WORKERS,
      contenders: quick ? ADVANCED : NETWORKED,
      options: {},
    },
  ],
  worker({ io, index }) {
    for (let i = 0; i < CLIENTS / WORKERS; i++) {
      const socket = addStandIn(io, `client-${index}-${i}`, [], () => {
        setImmediate(() => acknowledge(socket));
      });
    }
    return {
      emitWithAck: (options) =>
        timeEach(options, async () => {
          const answers = await io
            .timeout(10_000)
            .emitWithAck("question", "x".repeat(100));
          if (answers.length !== CLIENTS) {
            throw new Error(`${answers.length} of ${CLIENTS} acknowledgements`);
          }
        }),
    };
  },
  run: (cluster, options, { samples }) =>
    measureLatency(cluster, "emitWithAck", {
      warmUp: samples(100),
      count: samples(150),
    }),
};

function acknowledge({ id, acks }) {
  for (const [packetId, ack] of acks) {
    acks.delete(packetId);
    ack(`answer of ${id}`);
  }
}
