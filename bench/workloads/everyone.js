"use strict";
const { groups } = require("../lib/contenders");
const { streamWorker, measureStream } = require("../lib/stream");

const { ADVANCED, CLUSTER } = groups;

module.exports = {
  name: "everyone",
  title: "Broadcasts from all workers to everyone",
  description:
    "As in the bursts, 100 B in bursts of 10, but all four workers send at once.",
  metrics: ["rate", "relayCpu", "workersCpu"],
  cases: ({ quick }) => [
    {
      id: "4-workers",
      title: "4 workers, all of them send",
      workers: 4,
      contenders: quick ? ADVANCED : [...CLUSTER, "redis"],
      options: {},
    },
  ],
  worker: streamWorker,
  run: (cluster, options, { pace }) =>
    measureStream(cluster, {
      senders: cluster.workers.map((_, index) => index),
      stream: { burst: 10, size: 100, binary: false },
      pace,
    }),
};
