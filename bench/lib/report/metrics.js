"use strict";
/**
 * What the figures are called, and how they are written.
 */
const METRICS = {
  rate: { title: "broadcasts/s", write: whole },
  relayCpu: { title: "CPU of primary or Redis, µs each", write: short },
  workersCpu: { title: "CPU of all workers, µs each", write: short },
  clusterCpu: { title: "CPU of the whole cluster, µs each", write: short },
  p50: { title: "p50, ms", write: short },
  p99: { title: "p99, ms", write: short },
  relayPeak: { title: "peak memory of primary or Redis, MB", write: megabytes },
  workerPeak: { title: "peak memory of a worker, MB", write: megabytes },
  growth: { title: "growth of the primary, MB", write: megabytes },
  lost: { title: "lost by the other workers", write: whole },
  connections: { title: "connections", write: whole },
  unanswered: { title: "unanswered", write: whole },
  restoreRate: { title: "restores/s", write: rounded },
  restored: { title: "restored of 5,000", write: whole },
  entryBytes: { title: "bytes per event to everyone", write: whole },
  roomEntryBytes: { title: "bytes per event to a room", write: whole },
  statsCpu: { title: "CPU of stats(), µs each", write: short },
  openBytes: { title: "bytes per open connection", write: whole },
  lostBytes: { title: "bytes per lost connection", write: whole },
};

function whole(value) {
  return Math.round(value).toLocaleString("en");
}

/** For what may be much or next to nothing. */
function rounded(value) {
  return value < 100 ? short(value) : whole(value);
}

function megabytes(value) {
  return whole(value / 1e6);
}

/** Two significant digits at least, and no more decimals than that needs. */
function short(value) {
  const decimals = value < 1 ? 2 : value < 100 ? 1 : 0;
  return value.toFixed(decimals);
}

/** `12 (11–14)`, or `12` where there is nothing to spread; a dash for what a contender does not have. */
function withSpread(metric, summary) {
  if (summary === undefined) {
    return "–";
  }
  const { median, min, max, n } = summary;
  const { write } = METRICS[metric];
  return n === 1 || write(min) === write(max)
    ? write(median)
    : `${write(median)} (${write(min)}–${write(max)})`;
}

module.exports = { METRICS, withSpread };
