"use strict";
/**
 * A worker of a cluster under test: a Socket.IO server with the contender's adapter, and the worker's half of a
 * workload.
 */
const { createServer } = require("node:http");
const { Server } = require("socket.io");
const { connectToRun } = require("./control");
const { contender } = require("./contenders");
const { profiler } = require("./profiler");
const { memoryInUse, resetPeak, usage } = require("./usage");
const { workload } = require("../workloads");

const { BENCH_CONTENDER, BENCH_WORKLOAD, BENCH_INDEX } = process.env;
const index = Number(BENCH_INDEX);
const run = connectToRun();

async function start() {
  const { needsHttp, worker } = workload(BENCH_WORKLOAD);
  const subject = contender(BENCH_CONTENDER);
  const io = needsHttp
    ? new Server(createServer(), {
        serveClient: false,
        ...subject.serverOptions,
      })
    : new Server(subject.serverOptions);
  io.adapter(await subject.createAdapter());
  run.expose({
    usage,
    resetPeak,
    memoryInUse,
    ...profiler,
    serverCount: () => io.of("/").adapter.serverCount(),
  });
  run.expose(worker({ io, index, run, contender: subject }));
  run.notify("hello", { role: "worker", index, pid: process.pid });
}

void start();
