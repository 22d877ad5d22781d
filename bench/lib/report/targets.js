"use strict";
/**
 * What this version has to reach, against 0.3.0 in the same run.
 */
const { METRICS } = require("./metrics");

const BURST = ["bursts", "4-workers-100-100-text"];
const BURST_8 = ["bursts", "8-workers-100-100-text"];
const SINGLE = ["bursts", "4-workers-1-100-text"];
const BURST_4K = ["bursts", "4-workers-100-4096-text"];
const IDLE = ["idle", "4-workers"];
const STOPPED = ["stopped", "200-mb"];

const ADVANCED = { ours: "ours", rival: "published" };
const JSON_CHANNEL = { ours: "ours-json", rival: "published-json" };

const TARGETS = [
  faster("broadcasts/s, bursts of 100, 100 B", BURST, 20),
  faster("the same, 8 workers", BURST_8, 30),
  faster("the same, one at a time", SINGLE, 4),
  below("primary CPU per broadcast, bursts, µs", BURST, "relayCpu", 2),
  {
    title:
      "CPU of the whole cluster per broadcast ÷ (workers × in-memory broadcast)",
    ...ADVANCED,
    id: BURST,
    floor: "memory",
    read: (summary, contender) => {
      const own = summary.median(...BURST, contender, "clusterCpu");
      const floor = summary.median(...BURST, "memory", "clusterCpu");
      return own === undefined || floor === undefined ? undefined : own / floor;
    },
    write: (value) => value.toFixed(2),
    goal: "1.0 or less",
    isReached: (ours) => ours <= 1,
  },
  faster("broadcasts/s, 4 KiB text, bursts", BURST_4K, 5),
  faster("broadcasts/s, bursts of 100, 100 B, json", BURST, 8, JSON_CHANNEL),
  quicker(
    "emitWithAck to 200 sockets, p50, ms",
    ["acks", "200-clients"],
    "p50",
    1 / 5,
    "a fifth",
  ),
  quicker(
    "fetchSockets over 400 sockets, p50, ms",
    ["fetch-sockets", "400-sockets"],
    "p50",
    1 / 2,
    "a half",
  ),
  quicker("idle round trip, p50, ms", IDLE, "p50", 1.1, "no worse (+10 %)"),
  quicker("idle round trip, p99, ms", IDLE, "p99", 1.1, "no worse (+10 %)"),
  below(
    "primary's peak memory in the burst run, MB",
    ["memory", "60000-broadcasts"],
    "relayPeak",
    100e6,
  ),
  below(
    "primary's growth with one worker stopped and 200 MB broadcast, MB",
    STOPPED,
    "growth",
    128e6,
  ),
  {
    title: "broadcasts that the other workers lose then",
    ...measured(STOPPED, "lost", ADVANCED),
    goal: "none",
    isReached: (ours) => ours === 0,
  },
];

/** Whether a run is needed to tell what has been reached. */
function isTargetRun(workload, caseId, contender) {
  return TARGETS.some(
    ({ id, ours, rival, floor }) =>
      id[0] === workload &&
      id[1] === caseId &&
      [ours, rival, floor].includes(contender),
  );
}

/** `{ title, published, ours, ratio, goal, reached }`, as text; a dash for what was not measured. */
function targetRows(summary) {
  return TARGETS.map((target) => {
    const published = target.read(summary, target.rival);
    const ours = target.read(summary, target.ours);
    const write = (value) => (value === undefined ? "–" : target.write(value));
    const isComplete = ours !== undefined && published !== undefined;
    return {
      title: target.title,
      published: write(published),
      ours: write(ours),
      ratio: isComplete ? ratio(ours / published) : "–",
      goal: target.goal,
      reached:
        ours === undefined || (target.isRelative && !isComplete)
          ? "–"
          : target.isReached(ours, published)
            ? "yes"
            : "no",
    };
  });
}

function faster(title, id, times, contenders = ADVANCED) {
  return {
    title,
    ...measured(id, "rate", contenders),
    goal: `${times} ×`,
    isRelative: true,
    isReached: (ours, published) => ours >= published * times,
  };
}

function quicker(title, id, metric, share, goal) {
  return {
    title,
    ...measured(id, metric, ADVANCED),
    goal,
    isRelative: true,
    isReached: (ours, published) => ours <= published * share,
  };
}

function below(title, id, metric, limit) {
  return {
    title,
    ...measured(id, metric, ADVANCED),
    goal: `under ${METRICS[metric].write(limit).replace(".0", "")}`,
    isReached: (ours) => ours < limit,
  };
}

function measured(id, metric, contenders) {
  return {
    ...contenders,
    id,
    read: (summary, contender) => summary.median(...id, contender, metric),
    write: METRICS[metric].write,
  };
}

function ratio(value) {
  return Number.isNaN(value)
    ? "–"
    : `${value.toFixed(value < 0.1 ? 3 : value < 10 ? 2 : 1)} ×`;
}

module.exports = { isTargetRun, targetRows };
