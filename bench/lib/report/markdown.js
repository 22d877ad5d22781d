"use strict";
/**
 * The report for people.
 */
const { METRICS, withSpread } = require("./metrics");
const { targetTables } = require("./targets");

function markdownReport({ machine, notes, plan, summary, failures, charts }) {
  const parts = [
    "# Benchmark",
    machineTable(machine),
    "Medians of the rounds, with the smallest and the largest figure in parentheses. [bench/README.md](../README.md) says how they are taken.",
    ...notes,
    ...failureList(failures),
    "## What this version has to reach",
    targetText(summary),
    ...charts.map(({ file, title }) => `![${title}](${file})`),
    ...plan.map((entry) => workloadSection(entry, summary)),
  ];
  return parts.join("\n\n") + "\n";
}

function machineTable(machine) {
  return table([
    ["CPU", "cores", "memory", "OS", "Node.js", "commit", "date"],
    [
      machine.cpu,
      machine.cores,
      machine.memory,
      machine.os,
      machine.node,
      machine.commit,
      machine.date,
    ],
  ]);
}

function targetText(summary) {
  return targetTables(summary).map(table).join("\n\n");
}

function workloadSection({ workload, cases, contenders }, summary) {
  const tables = cases
    .map((one) => caseTable(workload, one, contenders, summary))
    .filter((text) => text !== undefined);
  return [`## ${workload.title}`, workload.description, ...tables].join("\n\n");
}

function caseTable(workload, { id, title }, contenders, summary) {
  const rows = contenders
    .map((contender) => ({
      contender,
      figures: summary.get(workload.name, id, contender.id),
    }))
    .filter(({ figures }) => figures !== undefined);
  if (rows.length === 0) {
    return undefined;
  }
  const { metrics } = workload;
  return [
    `### ${title[0].toUpperCase()}${title.slice(1)}`,
    table([
      ["", ...metrics.map((metric) => METRICS[metric].title), "rounds"],
      ...rows.map(({ contender, figures }) => [
        contender.title,
        ...metrics.map((metric) => withSpread(metric, figures[metric])),
        figures[metrics[0]].n,
      ]),
    ]),
  ].join("\n\n");
}

function failureList(failures) {
  if (failures.length === 0) {
    return [];
  }
  const lines = failures.map(
    ({ workload, contender, round, reason, ...failure }) =>
      `- ${workload}, ${failure.case ?? "start"}, ${contender}, round ${round}: ${reason}`,
  );
  return ["**Runs that failed:**", lines.join("\n")];
}

/** The first row is the head; the columns are as wide as Prettier would make them. */
function table(rows) {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0].map((_, column) =>
    Math.max(3, ...texts.map((row) => row[column].length)),
  );
  const line = (row) =>
    `| ${row.map((text, column) => text.padEnd(widths[column])).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(texts[0]), rule, ...texts.slice(1).map(line)].join("\n");
}

module.exports = { markdownReport, targetText };
