"use strict";
/**
 * What this version has to reach, against 0.3.0 in the same run; and what recovery and statistics may cost, against this
 * version without them.
 */
const { METRICS } = require("./metrics");

const BURST = ["bursts", "4-workers-100-100-text"];
const BURST_8 = ["bursts", "8-workers-100-100-text"];
const SINGLE = ["bursts", "4-workers-1-100-text"];
const BURST_4K = ["bursts", "4-workers-100-4096-text"];
const IDLE = ["idle", "4-workers"];
const STOPPED = ["stopped", "200-mb"];
const OWN_CLIENT = ["idle", "own-client"];
const RESTORES = ["restores", "200000-entries"];
const RESTORES_SHORT = ["restores", "2000-entries"];

const ADVANCED = { ours: "ours", rival: "published" };
const JSON_CHANNEL = { ours: "ours-json", rival: "published-json" };
const RECOVERY = { ours: "ours-recovery", rival: "ours" };
const STATS = { ours: "ours-stats", rival: "ours" };

const ONE_TRIP = "a trip to the primary and back more";

const VERSION_TARGETS = [
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

const RECOVERY_TARGETS = [
  quicker(
    "CPU of the whole cluster per broadcast, bursts of 100, 100 B, µs",
    BURST,
    "clusterCpu",
    1.5,
    "1.5 × or less",
    RECOVERY,
  ),
  quicker(
    "the same, one at a time",
    SINGLE,
    "clusterCpu",
    1.5,
    "1.5 × or less",
    RECOVERY,
  ),
  // the round trip passes the primary twice
  quicker("idle round trip, p50, ms", IDLE, "p50", 1.5, ONE_TRIP, RECOVERY),
  quicker("idle round trip, p99, ms", IDLE, "p99", 1.5, ONE_TRIP, RECOVERY),
  {
    title: "the same, to a client of the sender's own worker, p50, ms",
    ...measured(OWN_CLIENT, "p50", RECOVERY),
    goal: ONE_TRIP,
    isRelative: true,
    isReached: (ours, without, summary) =>
      ours - without <= summary.median(...IDLE, "ours", "p50") / 2,
  },
  {
    title: "restores/s, log of 200,000 events of which each client missed ten",
    ...measured(RESTORES, "restoreRate", RECOVERY),
    goal: "5,000 or more",
    isReached: (ours) => ours >= 5_000,
  },
  {
    title: "CPU of the whole cluster per restore, ÷ that with a log of 2,000",
    ...RECOVERY,
    id: RESTORES_SHORT,
    read(summary, contender) {
      const long = summary.median(...RESTORES, contender, "clusterCpu");
      const short = summary.median(...RESTORES_SHORT, contender, "clusterCpu");
      return long === undefined || short === undefined
        ? undefined
        : long / short;
    },
    write: (value) => value.toFixed(2),
    goal: "no growth (1.2 or less)",
    isReached: (ours) => ours <= 1.2,
  },
];

const STATS_TARGETS = [
  {
    title: "broadcasts/s, bursts of 100, 100 B, stats() each 100 ms",
    ...measured(BURST, "rate", STATS),
    goal: "no less (-10 %)",
    isRelative: true,
    isReached: (polled, unseen) => polled >= unseen * 0.9,
  },
  {
    title: "CPU of one stats() with 16 workers, µs",
    ...measured(["stats", "16-workers"], "statsCpu", { ours: "ours" }),
    goal: "1,000 or less",
    isReached: (ours) => ours <= 1_000,
  },
];

const TARGETS = [...VERSION_TARGETS, ...RECOVERY_TARGETS, ...STATS_TARGETS];

/** Whether a run is needed to tell what has been reached. */
function isTargetRun(workload, caseId, contender) {
  return TARGETS.some(
    ({ id, ours, rival, floor }) =>
      id[0] === workload &&
      id[1] === caseId &&
      [ours, rival, floor].includes(contender),
  );
}

/** The tables of targets: rows of texts, the first of which is the head; a dash for what was not measured. */
function targetTables(summary) {
  return [
    [
      ["measure", "0.3.0", "ours", "ratio", "to reach", "reached"],
      ...VERSION_TARGETS.map((target) => rowOf(target, summary)),
    ],
    [
      ["recovery", "without", "with", "ratio", "to reach", "reached"],
      ...RECOVERY_TARGETS.map((target) => rowOf(target, summary)),
    ],
    [
      ["statistics", "without", "with", "ratio", "to reach", "reached"],
      ...STATS_TARGETS.map((target) => rowOf(target, summary)),
    ],
  ];
}

function rowOf(target, summary) {
  const rival = target.read(summary, target.rival);
  const ours = target.read(summary, target.ours);
  const write = (value) => (value === undefined ? "–" : target.write(value));
  const isComplete = ours !== undefined && rival !== undefined;
  return [
    target.title,
    write(rival),
    write(ours),
    isComplete ? ratio(ours / rival) : "–",
    goalOf(target, summary, rival),
    ours === undefined || (target.isRelative && !isComplete)
      ? "–"
      : target.isReached(ours, rival, summary)
        ? "yes"
        : "no",
  ];
}

/** What is to be reached, and what the in-memory adapters reach where they are measured, too. */
function goalOf({ goal, floor, read }, summary, rival) {
  const silent = floor === undefined ? undefined : read(summary, floor);
  return silent === undefined || rival === undefined
    ? goal
    : `${goal} (in-memory: ${ratio(silent / rival)})`;
}

function faster(title, id, times, contenders = ADVANCED) {
  return {
    title,
    ...measured(id, "rate", contenders),
    goal: `${times} ×`,
    floor: "memory",
    isRelative: true,
    isReached: (ours, published) => ours >= published * times,
  };
}

function quicker(title, id, metric, share, goal, contenders = ADVANCED) {
  return {
    title,
    ...measured(id, metric, contenders),
    goal,
    isRelative: true,
    isReached: (ours, rival) => ours <= rival * share,
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

module.exports = { isTargetRun, targetTables };
