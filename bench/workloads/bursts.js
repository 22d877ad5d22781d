"use strict";
const { groups } = require("../lib/contenders");
const { streamWorker, measureStream } = require("../lib/stream");

const WORKERS = [2, 4, 8, 16];
const BURSTS = [100, 10, 1];
const SIZES = [100, 1024, 4096, 16384];

const { ADVANCED, CLUSTER, ALL, RECOVERY_COST, RECOVERING, STATS_COST } =
  groups;

module.exports = {
  name: "bursts",
  title: "Broadcasts from one worker to everyone",
  description:
    "One worker broadcasts an event with one argument in bursts, one burst per turn of its event loop; every worker, " +
    "the sender too, holds one stand-in for a socket.",
  metrics: ["rate", "relayCpu", "workersCpu", "relayPeak"],
  cases({ quick, full }) {
    if (full) {
      return crossProduct();
    }
    const essential = [
      burstCase(4, 100, 100, false, [
        ...(quick ? [...CLUSTER, "memory"] : [...ALL, ...RECOVERING]),
        ...RECOVERY_COST,
        ...STATS_COST,
      ]),
      burstCase(4, 1, 100, false, [
        ...(quick ? [...ADVANCED, "memory"] : ALL),
        ...RECOVERY_COST,
      ]),
      burstCase(4, 100, 4096, false, quick ? [...ADVANCED, "memory"] : ALL),
      burstCase(8, 100, 100, false, [...ADVANCED, "memory"]),
    ];
    return quick
      ? essential
      : [
          ...essential,
          burstCase(4, 10, 100, false, ADVANCED),
          burstCase(4, 100, 1024, false, [...CLUSTER, "memory"]),
          burstCase(4, 100, 100, true, ADVANCED),
          burstCase(4, 100, 4096, true, [...ADVANCED, "ours-json"]),
          burstCase(2, 100, 100, false, [...ADVANCED, "memory"]),
          burstCase(16, 100, 100, false, [...ADVANCED, "memory"]),
        ];
  },
  worker: streamWorker,
  run: (cluster, { burst, size, binary }, { pace }) =>
    measureStream(cluster, { stream: { burst, size, binary }, pace }),
};

function crossProduct() {
  return WORKERS.flatMap((workers) =>
    BURSTS.flatMap((burst) =>
      SIZES.flatMap((size) => [
        burstCase(workers, burst, size, false, [...ALL, ...RECOVERY_COST]),
        // 0.3.0 turns binary data into objects there
        burstCase(
          workers,
          burst,
          size,
          true,
          [...ALL, ...RECOVERY_COST].filter((id) => id !== "published-json"),
        ),
      ]),
    ),
  );
}

function burstCase(workers, burst, size, binary, contenders) {
  const kind = binary ? "binary" : "text";
  return {
    id: `${workers}-workers-${burst}-${size}-${kind}`,
    title: `${workers} workers, ${burst === 1 ? "one at a time" : `bursts of ${burst}`}, ${bytes(size)} of ${kind}`,
    workers,
    contenders,
    options: { burst, size, binary },
  };
}

function bytes(size) {
  return size < 1024 ? `${size} B` : `${size / 1024} KiB`;
}
