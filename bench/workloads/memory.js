"use strict";
const { groups } = require("../lib/contenders");
const { streamWorker, runStream } = require("../lib/stream");

const { ADVANCED, CLUSTER } = groups;

module.exports = {
  name: "memory",
  title: "Peak memory of the primary in a burst run",
  description:
    "60,000 broadcasts of 100 B in bursts of 100 from a sender that never waits: what the others have not taken yet " +
    "is in somebody's memory.",
  metrics: ["relayPeak", "workerPeak", "rate"],
  cases: ({ quick }) => [
    {
      id: "60000-broadcasts",
      title: "4 workers, 60,000 broadcasts without pause",
      workers: 4,
      contenders: quick ? ADVANCED : CLUSTER,
      options: { count: 60_000 },
    },
  ],
  worker: streamWorker,
  run: (cluster, { count }) =>
    runStream(cluster, [0], {
      stream: { burst: 100, size: 100, binary: false, count },
    }),
};
