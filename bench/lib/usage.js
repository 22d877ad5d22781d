"use strict";
/**
 * What a process has used so far.
 */
const { readFileSync, writeFileSync } = require("node:fs");
const { setTimeout: delay } = require("node:timers/promises");
const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

/** CPU time in µs, peak and current resident memory in bytes. */
function usage() {
  const { user, system } = process.cpuUsage();
  return {
    cpu: user + system,
    peak: peakMemory(),
    rss: process.memoryUsage.rss(),
  };
}

/**
 * On Linux, `resourceUsage().maxRSS` of a process starts at the size of the one that has forked it. `VmHWM` belongs to
 * the program alone.
 */
function peakMemory() {
  if (process.platform === "linux") {
    const status = readFileSync("/proc/self/status", "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** Lets the peak begin again at the current size, where the system can. */
function resetPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // elsewhere it is that of the whole life of the process
  }
}

/** What is in use after a garbage collection, on the heap and outside of it, in bytes. */
async function memoryInUse() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  // what is outside of the heap goes some time after what has held it
  for (let i = 0; i < 3; i++) {
    collect();
    await delay(50);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Milliseconds of a clock that all processes of the machine share. */
function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}

module.exports = { usage, resetPeak, memoryInUse, now };
