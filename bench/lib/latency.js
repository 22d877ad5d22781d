"use strict";
/**
 * How long something takes, one at a time.
 */
const { createHistogram } = require("node:perf_hooks");
const { setTimeout: delay } = require("node:timers/promises");
const { now } = require("./usage");

const LOOP_TIMEOUT = 60_000;

/**
 * Runs an action again and again, each time after the one before it has ended.
 *
 * @param options.count - how often
 * @param options.gap - the pause between two of them in ms, at least a turn of the event loop
 */
async function timeEach({ count, gap = 0 }, action) {
  const histogram = createHistogram({ figures: 4 });
  for (let i = 0; i < count; i++) {
    // gaps of one length would beat with the timers of others
    await (gap > 0 ? delay(gap + (i % 5)) : new Promise(setImmediate));
    const start = now();
    await action(i);
    histogram.record(Math.max(1, Math.round((now() - start) * 1e6)));
  }
  return summaryOf(histogram);
}

/** In ms, of a histogram in ns. */
function summaryOf(histogram) {
  return {
    count: histogram.count,
    p50: histogram.percentile(50) / 1e6,
    p99: histogram.percentile(99) / 1e6,
    mean: histogram.mean / 1e6,
    max: histogram.max / 1e6,
  };
}

/** Lets the first worker run a timed loop, and adds what each round has cost the whole cluster. */
async function measureLatency(cluster, command, { warmUp, ...args }) {
  const loop = (count) =>
    cluster.within(LOOP_TIMEOUT, `"${command}" is done`, () =>
      cluster.workers[0].call(command, { ...args, count }),
    );
  await loop(warmUp);
  const before = await cluster.usage();
  const summary = await loop(args.count);
  const after = await cluster.usage();
  const relayCpu = (after.relay.cpu - before.relay.cpu) / summary.count;
  const workersCpu =
    after.workers.reduce(
      (sum, { cpu }, index) => sum + cpu - before.workers[index].cpu,
      0,
    ) / summary.count;
  return { ...summary, relayCpu, workersCpu };
}

module.exports = { timeEach, summaryOf, measureLatency };
