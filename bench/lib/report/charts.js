"use strict";
/**
 * The charts that the results show. What was not measured is left out.
 */
const { CONTENDERS } = require("../contenders");
const { METRICS } = require("./metrics");
const { barChart } = require("./bar-chart");

const BURST = ["bursts", "4-workers-100-100-text"];
const WORKERS = [2, 4, 8, 16];
const LOG_SIZES = [2_000, 20_000, 200_000];

function drawCharts(summary) {
  return [
    {
      file: "throughput.svg",
      title: "Broadcasts per second, four workers, 100 B in bursts of 100",
      groups: byContender(summary, BURST, ["rate"]),
    },
    {
      file: "cpu.svg",
      title: "CPU per broadcast in µs, four workers, 100 B in bursts of 100",
      groups: byContender(summary, BURST, ["relayCpu", "workersCpu"]),
      names: ["primary or Redis", "workers"],
    },
    {
      file: "workers.svg",
      title: "Broadcasts per second by number of workers, 100 B in bursts",
      groups: WORKERS.flatMap((workers) => {
        const id = `${workers}-workers-100-100-text`;
        return byContender(
          summary,
          ["bursts", id],
          ["rate"],
          ["ours", "published"],
        ).map((group) => ({
          ...group,
          label: `${workers} workers: ${group.label}`,
        }));
      }),
    },
    {
      file: "latency.svg",
      title: "Round trip in an idle cluster in ms, p50 and p99",
      groups: byContender(summary, ["idle", "4-workers"], ["p50", "p99"]),
      names: ["p50", "p99"],
      isNested: true,
    },
    {
      file: "restores.svg",
      title: "Restores per second, by the number of events in the log",
      groups: LOG_SIZES.flatMap((entries) =>
        byContender(
          summary,
          ["restores", `${entries}-entries`],
          ["restoreRate"],
        ).map((group) => ({
          ...group,
          label: `${entries.toLocaleString("en")}: ${group.label.replace(", with recovery", "")}`,
        })),
      ),
    },
  ]
    .filter(({ groups }) => groups.length > 0)
    .map(({ file, title, ...chart }) => ({
      file,
      title,
      svg: barChart({ title, ...chart }),
    }));
}

/** A bar for each contender that has the figures; several metrics share a bar. */
function byContender(summary, id, metrics, contenders) {
  return CONTENDERS.filter(
    ({ id, isProbe }) => contenders?.includes(id) ?? !isProbe,
  )
    .map((contender) => ({
      label: contender.title,
      isOurs: contender.id.startsWith("ours"),
      figures: summary.get(...id, contender.id),
    }))
    .filter(({ figures }) => figures !== undefined)
    .map(({ figures, ...group }) => ({
      ...group,
      values: metrics.map((metric) => ({
        value: figures[metric].median,
        text: METRICS[metric].write(figures[metric].median),
      })),
    }));
}

module.exports = { drawCharts };
