"use strict";
/**
 * Writes the results: a table, all figures, and charts.
 */
const fs = require("node:fs");
const path = require("node:path");
const { drawCharts } = require("./charts");
const { markdownReport, targetText } = require("./markdown");
const { Summary } = require("./summary");

/** @returns the tables of what this version has to reach */
function writeReport(dir, { machine, notes, flags, runs, failures }) {
  const summary = new Summary(runs);
  const plan = flags.workloads.map((workload) => ({
    workload,
    cases: workload.cases(flags),
    contenders: flags.contenders,
  }));
  const charts = drawCharts(summary);

  fs.mkdirSync(dir, { recursive: true });
  const write = (file, text) => fs.writeFileSync(path.join(dir, file), text);
  charts.forEach(({ file, svg }) => write(file, svg));
  write(
    "results.md",
    markdownReport({ machine, notes, plan, summary, failures, charts }),
  );
  write(
    "results.json",
    JSON.stringify({ machine, notes, runs, failures }, null, 2) + "\n",
  );
  return targetText(summary);
}

module.exports = { writeReport };
