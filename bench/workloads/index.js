"use strict";
/**
 * The workloads, in the order in which they run.
 */
const WORKLOADS = [
  require("./bursts"),
  require("./acks"),
  require("./fetch-sockets"),
  require("./idle"),
  require("./memory"),
  require("./stopped"),
  require("./rooms"),
  require("./everyone"),
  require("./server-side-emit"),
  require("./storm"),
  require("./websocket"),
  require("./restores"),
  require("./recovery-memory"),
  require("./stats"),
];

function workload(name) {
  return WORKLOADS.find((candidate) => candidate.name === name);
}

module.exports = { WORKLOADS, workload };
