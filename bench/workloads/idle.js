"use strict";
const { groups } = require("../lib/contenders");
const { measureLatency } = require("../lib/latency");
const { pingWorker } = require("../lib/ping");

const { ADVANCED, NETWORKED } = groups;

module.exports = {
  name: "idle",
  title: "Round trip in an idle cluster",
  description:
    "One broadcast to a room of another worker, which answers the same way; 5 to 9 ms of rest before the next one.",
  metrics: ["p50", "p99", "relayCpu", "workersCpu"],
  cases: ({ quick }) => [
    {
      id: "4-workers",
      title: "4 workers",
      workers: 4,
      contenders: quick ? ADVANCED : NETWORKED,
      options: {},
    },
  ],
  worker: pingWorker,
  run: (cluster, options, { samples }) =>
    measureLatency(cluster, "ping", {
      gap: 5,
      warmUp: samples(50),
      count: samples(300),
    }),
};
