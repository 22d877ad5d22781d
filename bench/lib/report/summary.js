"use strict";
/**
 * All runs of one case by one contender, summed up metric by metric.
 */
const { summarize } = require("../statistics");

class Summary {
  #byRun = new Map();

  constructor(runs) {
    const figures = new Map();
    for (const run of runs) {
      const key = keyOf(run.workload, run.case, run.contender);
      figures.set(key, [...(figures.get(key) ?? []), run.figures]);
    }
    for (const [key, list] of figures) {
      const metrics = Object.keys(list[0]).map((metric) => [
        metric,
        summarize(list.map((one) => one[metric])),
      ]);
      this.#byRun.set(key, Object.fromEntries(metrics));
    }
  }

  /** `{ metric: { median, min, max, n } }`, `undefined` if there was no such run. */
  get(workload, caseId, contender) {
    return this.#byRun.get(keyOf(workload, caseId, contender));
  }

  median(workload, caseId, contender, metric) {
    return this.get(workload, caseId, contender)?.[metric]?.median;
  }
}

function keyOf(...names) {
  return names.join(" ");
}

module.exports = { Summary };
