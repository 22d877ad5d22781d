"use strict";
/**
 * What the figures were taken on: no name and no path of the machine.
 */
const { execFileSync } = require("node:child_process");
const os = require("node:os");

function describeMachine(root) {
  const cpus = os.cpus();
  const [load] = os.loadavg();
  return {
    cpu: cpus[0]?.model.trim() ?? "unknown",
    cores: cpus.length,
    memory: `${Math.round(os.totalmem() / 1024 ** 3)} GiB`,
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    node: process.version,
    loadBefore: Number(load.toFixed(2)),
    commit: commitOf(root),
    date: new Date().toISOString(),
  };
}

function commitOf(root) {
  try {
    const git = (...args) =>
      execFileSync("git", ["-C", root, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    const commit = git("rev-parse", "--short=12", "HEAD");
    const isChanged = git("status", "--porcelain", "--", "lib") !== "";
    return isChanged ? `${commit} with changes in lib/` : commit;
  } catch {
    return "unknown";
  }
}

module.exports = { describeMachine };
