"use strict";

const cluster = require("node:cluster");

/**
 * Tells every worker which workers there are and how many tabs each one has.
 *
 * The primary is the one that knows: it sees workers come and go, and it outlives them.
 */
function shareTabCounts() {
  const tabCounts = new Map();

  function share() {
    const workers = [...tabCounts].map(([worker, tabs]) => ({
      id: worker.id,
      pid: worker.process.pid,
      tabs,
    }));
    workers.sort((a, b) => a.id - b.id);
    for (const worker of tabCounts.keys()) {
      worker.send({ type: "demo:workers", workers }, ignoreError);
    }
  }

  cluster.on("message", (worker, message) => {
    // the last messages of a worker can arrive after its exit
    if (message?.type === "demo:tabs" && !worker.isDead()) {
      tabCounts.set(worker, message.tabs);
      share();
    }
  });

  cluster.on("exit", (worker) => {
    tabCounts.delete(worker);
    share();
  });
}

function ignoreError() {}

module.exports = { shareTabCounts };
