"use strict";
/**
 * Reads CPU profiles: where the time goes, by function.
 */
const fs = require("node:fs");
const path = require("node:path");

const TOP = 25;
// "dispatch" is the profiler itself, when it starts and stops
const NOT_WORK = new Set(["(idle)", "dispatch"]);

/** The functions with the most time of their own, for each profile of a directory. */
function hottestFunctions(dir) {
  return fs
    .readdirSync(dir)
    .filter((file) => file.endsWith(".cpuprofile"))
    .map((file) => {
      const profile = JSON.parse(fs.readFileSync(path.join(dir, file)));
      return `${file}\n${tableOf(profile)}`;
    })
    .join("\n\n");
}

function tableOf({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map((node) => [node.id, nameOf(node)]));
  const times = new Map();
  let busy = 0;
  samples.forEach((id, i) => {
    const name = names.get(id);
    if (!NOT_WORK.has(name)) {
      busy += timeDeltas[i];
      times.set(name, (times.get(name) ?? 0) + timeDeltas[i]);
    }
  });
  return Array.from(times)
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(
      ([name, time]) =>
        `${((time / busy) * 100).toFixed(1).padStart(6)} %  ${name}`,
    )
    .join("\n");
}

function nameOf({ callFrame: { functionName, url, lineNumber } }) {
  const file = url.split("/").slice(-2).join("/");
  return file === ""
    ? functionName
    : `${functionName || "(anonymous)"} ${file}:${lineNumber + 1}`;
}

module.exports = { hottestFunctions };
