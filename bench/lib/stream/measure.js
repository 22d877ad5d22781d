"use strict";
/**
 * Measures a stream of broadcasts, from the first one sent until every worker has received everything.
 */

// the sender is at most this much work ahead of the slowest receiver, by the rate of the warm-up
const WINDOW_SECONDS = 0.5;
const MIN_WINDOW = 1_000;
const MAX_WINDOW = 50_000;
// far below the default limit of what may wait for one worker
const MAX_WINDOW_BYTES = 16 * 1024 * 1024;
const STILL_FASTER = 1.1;
const DRAIN_TIMEOUT = 30_000;
const COUNT_TIMEOUT = 120_000;

/**
 * @param plan.senders - the indexes of the workers that send, the first one if it is left out
 * @param plan.holders - the indexes of the workers that have to receive it, all if it is left out
 * @param plan.stream - room, size, binary, burst
 * @param plan.pace - the time to warm up and to measure, in ms
 */
async function measureStream(cluster, { senders = [0], pace, ...plan }) {
  if (cluster.contender.isFloor) {
    senders = cluster.workers.map((_, index) => index);
  }
  const runFor = (ms, ahead) => {
    const window = windowOf(cluster, ahead, plan.stream, senders);
    const stream = { ...plan.stream, window, ms };
    return runStream(cluster, senders, { ...plan, stream });
  };
  return runFor(pace.measure, aheadAt(await warmUp(runFor, pace)));
}

/** Runs until that makes it no faster any more: there is a lot to compile. Returns the rate. */
async function warmUp(runFor, { warmUp: ms, warmUps }) {
  let { rate } = await runFor(ms, MIN_WINDOW);
  for (let i = 1; i < warmUps; i++) {
    const before = rate;
    rate = (await runFor(ms, aheadAt(before))).rate;
    if (rate < before * STILL_FASTER) {
      break;
    }
  }
  return rate;
}

function aheadAt(rate) {
  return Math.min(Math.max(rate * WINDOW_SECONDS, MIN_WINDOW), MAX_WINDOW);
}

/** Nothing is ever under way in memory. */
function windowOf(cluster, ahead, { size, burst }, senders) {
  if (cluster.contender.isFloor) {
    return undefined;
  }
  const bytes = MAX_WINDOW_BYTES / (size + 100);
  const each = Math.floor(Math.min(ahead, bytes) / senders.length);
  return Math.max(each, burst);
}

/** One stream, without a warm-up. */
async function runStream(cluster, senders, { holders, stream, receivers }) {
  const { isFloor } = cluster.contender;
  const all = receivers ?? cluster.workers.map((_, index) => index);
  const watch = new Watch(cluster, senders, all);
  await cluster.resetPeaks();
  const before = await cluster.usage();

  const sent = await cluster.within(
    stream.ms === undefined ? COUNT_TIMEOUT : stream.ms + DRAIN_TIMEOUT,
    () => `everyone receives everything (${watch.describe()})`,
    async () => {
      const [results] = await Promise.all([
        Promise.all(
          senders.map((index) => cluster.workers[index].call("send", stream)),
        ),
        watch.done,
      ]);
      return results;
    },
  );
  const after = await cluster.usage();
  await verify(cluster, { senders, sent, all, holders: holders ?? all });

  const total = sent.reduce((sum, result) => sum + result.sent, 0);
  // where each worker sends to itself, one broadcast is one in each of them
  const broadcasts = isFloor ? total / senders.length : total;
  const startedAt = Math.min(...sent.map((result) => result.startedAt));
  const seconds = (watch.lastAt - startedAt) / 1e3;
  const relayCpu = (after.relay.cpu - before.relay.cpu) / broadcasts;
  const workersCpu =
    after.workers.reduce(
      (sum, worker, index) => sum + worker.cpu - before.workers[index].cpu,
      0,
    ) / broadcasts;
  return {
    broadcasts,
    seconds,
    rate: broadcasts / seconds,
    relayCpu,
    workersCpu,
    clusterCpu: relayCpu + workersCpu,
    relayPeak: after.relay.peak,
    workerPeak: Math.max(...after.workers.map(({ peak }) => peak)),
  };
}

/** Follows the markers, and tells each sender how far its slowest receiver is. */
class Watch {
  lastAt = 0;
  done;
  #cluster;
  #received = new Map();
  #missing = new Set();

  constructor(cluster, senders, receivers) {
    this.#cluster = cluster;
    const { isFloor } = cluster.contender;
    for (const sender of senders) {
      const own = isFloor ? [sender] : receivers;
      this.#received.set(sender, new Map(own.map((index) => [index, 0])));
      own.forEach((index) => this.#missing.add(`${sender}-${index}`));
    }
    this.done = new Promise((resolve) => {
      cluster.onNotice({
        marker: (marker) => {
          this.#onMarker(marker);
          if (this.#missing.size === 0) {
            resolve();
          }
        },
      });
    });
  }

  describe() {
    return Array.from(this.#received, ([sender, counts]) =>
      Array.from(
        counts,
        ([index, count]) => `worker ${index} has ${count} of worker ${sender}`,
      ).join(", "),
    ).join("; ");
  }

  #onMarker({ worker, sender, sent, isLast, at }) {
    const counts = this.#received.get(sender);
    if (!counts?.has(worker)) {
      return;
    }
    const before = Math.min(...counts.values());
    counts.set(worker, sent);
    if (isLast) {
      this.#missing.delete(`${sender}-${worker}`);
      this.lastAt = Math.max(this.lastAt, at);
    }
    const received = Math.min(...counts.values());
    if (received > before) {
      this.#cluster.workers[sender].notify("report", { received });
    }
  }
}

/** A figure is worth nothing if something got lost, came twice, or was cut. */
async function verify(cluster, { senders, sent, all, holders }) {
  const { isFloor } = cluster.contender;
  const taken = await Promise.all(
    all.map((index) => cluster.workers[index].call("take")),
  );
  all.forEach((index, position) => {
    const relevant = sent.filter(
      (_, i) => holders.includes(index) && (!isFloor || senders[i] === index),
    );
    const packets = relevant.reduce((sum, one) => sum + one.sent, 0);
    const got = taken[position];
    // what the adapter adds to each may have no fixed size
    const bytes = relevant.some(({ bytesEach }) => bytesEach === null)
      ? got.bytes
      : relevant.reduce((sum, one) => sum + one.sent * one.bytesEach, 0);
    if (got.packets !== packets || got.bytes !== bytes) {
      throw new Error(
        `worker ${index} received ${got.packets} packets (${got.bytes} bytes) of ${packets} (${bytes} bytes)`,
      );
    }
  });
}

module.exports = { measureStream, runStream };
