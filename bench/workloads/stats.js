"use strict";
const WORKERS = 16;
const WARM_UP = 1_000;
const CALLS = 1_000;

module.exports = {
  name: "stats",
  title: "A look at the statistics",
  description:
    "`stats()` of the handle that `setupPrimary()` returns, called again and again. What that takes of the throughput " +
    "is among the broadcasts above: the contender that is polled calls it each 100 ms.",
  metrics: ["statsCpu"],
  cases: () => [
    {
      id: "16-workers",
      title: `${WORKERS} workers`,
      workers: WORKERS,
      contenders: ["ours"],
      options: {},
    },
  ],
  primary: (handle) => ({
    measureStats() {
      const call = (count) => {
        for (let i = 0; i < count; i++) {
          handle.stats();
        }
      };
      call(WARM_UP);
      const before = process.cpuUsage();
      call(CALLS);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / CALLS;
    },
  }),
  worker: () => ({}),
  async run(cluster) {
    return { statsCpu: await cluster.primary.call("measureStats") };
  },
};
