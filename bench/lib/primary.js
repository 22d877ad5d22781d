"use strict";
/**
 * The primary of a cluster under test: a process of its own, which forks the workers and does nothing else.
 */
const cluster = require("node:cluster");
const path = require("node:path");
const { connectToRun } = require("./control");
const { contender } = require("./contenders");
const { profiler } = require("./profiler");
const { memoryInUse, resetPeak, usage } = require("./usage");
const { workload } = require("../workloads");

const { BENCH_CONTENDER, BENCH_WORKLOAD, BENCH_WORKERS } = process.env;
const run = connectToRun();
const subject = contender(BENCH_CONTENDER);

cluster.setupPrimary({
  exec: path.join(__dirname, "worker.js"),
  serialization: subject.serialization ?? "advanced",
  execArgv: [],
});
const handle = subject.setupPrimary?.();
const handlers = workload(BENCH_WORKLOAD).primary?.(handle);

for (let index = 0; index < Number(BENCH_WORKERS); index++) {
  const worker = cluster.fork({ BENCH_INDEX: index });
  // the error of a channel whose worker is about to be killed
  worker.on("error", () => {});
  worker.on("exit", () => run.notify("workerExit", { index }));
}

run.expose({ usage, resetPeak, memoryInUse, ...profiler, ...handlers });
run.notify("hello", { role: "primary", pid: process.pid });
