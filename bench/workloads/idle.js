"use strict";
const { groups } = require("../lib/contenders");
const { measureLatency } = require("../lib/latency");
const { pingWorker } = require("../lib/ping");

const { ADVANCED, NETWORKED, RECOVERY_COST } = groups;

module.exports = {
  name: "idle",
  title: "Round trip in an idle cluster",
  description:
    "One broadcast to a room of another worker, which answers the same way; 5 to 9 ms of rest before the next one. " +
    "And one broadcast to a client of the worker that sends it: with recovery, it waits for its number from the primary.",
  metrics: ["p50", "p99", "relayCpu", "workersCpu"],
  cases: ({ quick }) => [
    {
      id: "4-workers",
      title: "4 workers",
      workers: 4,
      contenders: [...(quick ? ADVANCED : NETWORKED), ...RECOVERY_COST],
      options: { command: "ping" },
    },
    {
      id: "own-client",
      title: "4 workers, to a client of the sender's own worker",
      workers: 4,
      contenders: RECOVERY_COST,
      options: { command: "pingSelf" },
    },
  ],
  worker: pingWorker,
  run: (cluster, { command }, { samples }) =>
    measureLatency(cluster, command, {
      gap: 5,
      warmUp: samples(50),
      count: samples(300),
    }),
};
