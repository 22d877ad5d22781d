"use strict";
const { groups } = require("../lib/contenders");
const { streamWorker, runStream } = require("../lib/stream");

const WORKERS = 4;
const FROZEN = WORKERS - 1;
const SIZE = 16 * 1024;
const TOTAL = 200e6;

const { ADVANCED } = groups;

module.exports = {
  name: "stopped",
  title: "One worker is stopped",
  description:
    "One of four workers is stopped with SIGSTOP, and another one broadcasts 200 MB in events of 16 KiB, at the pace " +
    "of the workers that still read. They have to receive everything; the growth is the difference between the " +
    "primary's memory before and its peak.",
  metrics: ["growth", "relayPeak", "lost", "rate"],
  cases: () => [
    {
      id: "200-mb",
      title: "4 workers, one of them stopped, 200 MB",
      workers: WORKERS,
      contenders: ADVANCED,
      options: {},
    },
  ],
  worker: streamWorker,
  async run(cluster) {
    cluster.freeze(FROZEN);
    const { relay } = await cluster.usage();
    const result = await runStream(cluster, [0], {
      receivers: [0, 1, 2],
      stream: {
        burst: 10,
        size: SIZE,
        binary: false,
        window: 500,
        count: Math.ceil(TOTAL / SIZE),
      },
    });
    // what anyone else had lost would have failed the run
    return { ...result, growth: result.relayPeak - relay.rss, lost: 0 };
  },
};
