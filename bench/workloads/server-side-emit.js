"use strict";
const { groups } = require("../lib/contenders");
const { measureLatency, timeEach } = require("../lib/latency");

const { ADVANCED, NETWORKED } = groups;

module.exports = {
  name: "server-side-emit",
  title: "serverSideEmit() with acknowledgements",
  description:
    "io.serverSideEmitWithAck() with 100 B, which the three other workers answer with what they got; one after the " +
    "other.",
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
  worker({ io }) {
    const payload = "x".repeat(100);
    io.on("echo", (value, answer) => answer(value));
    return {
      serverSideEmit: (options) =>
        timeEach(options, async () => {
          const answers = await io.serverSideEmitWithAck("echo", payload);
          if (answers.length !== 3 || answers.some((a) => a !== payload)) {
            throw new Error(`${answers.length} of 3 answers`);
          }
        }),
    };
  },
  run: (cluster, options, { samples }) =>
    measureLatency(cluster, "serverSideEmit", {
      warmUp: samples(1_500),
      count: samples(1_500),
    }),
};
