"use strict";

const cluster = require("node:cluster");
const path = require("node:path");
const { setupMaster } = require("@socket.io/sticky");
// in an application: require("@socket.io/cluster-adapter")
const { Emitter, setupPrimary } = require("../..");
const { Board } = require("./primary/board");
const { Control } = require("./primary/control");
const { createPublicServer } = require("./primary/public-server");
const { HELP, UsageError, parseOptions } = require("./primary/options");
const { proveBroadcast } = require("./primary/proof");
const { answerQuestions } = require("./primary/questions");
const { WorkerPool } = require("./primary/worker-pool");
const { paceFor, startTraffic } = require("./traffic");

async function start(options) {
  const server = createPublicServer();
  // every tab goes to the worker that has the fewest, so two tabs are on two workers
  setupMaster(server.http, { loadBalancingMethod: "least-connection" });
  // relays the messages of the adapter between the workers
  const primary = setupPrimary();
  const emitter = new Emitter();
  cluster.setupPrimary({
    exec: path.join(__dirname, "worker.js"),
    serialization: "advanced",
  });

  const url = await server.listen(options);
  const pool = new WorkerPool(options.workers);
  const control = new Control(primary, pool);
  const board = new Board({ primary, pool, control, emitter });
  board.start();
  answerQuestions({ board, control });
  let stopping = false;

  async function stop(exitCode) {
    if (stopping) {
      return;
    }
    stopping = true;
    server.close();
    control.release();
    await pool.stop();
    process.exit(exitCode);
  }

  process.on("SIGINT", () => stop(0));
  process.on("SIGTERM", () => stop(0));
  pool.on("failed", (reason) => {
    console.error(reason);
    void stop(1);
  });

  const workers = await pool.start();
  console.log(
    `\n  ${workers.length} workers: ${workers.map(nameOf).join(", ")}`,
  );
  await reportProof(url, workers.length);
  console.log(`\n  Open ${url} in two tabs. Ctrl-C stops the demo.\n`);

  const note = (text) => {
    console.log(`  ${text}`);
    emitter.emit("note", text);
  };
  control.on("note", note);
  pool.on("ended", (worker, reason) => {
    note(`worker ${nameOf(worker)} ended: ${reason}`);
  });

  const pace = paceFor(options.workers);
  const startWorkers = () => emitter.serverSideEmit("traffic", pace);
  pool.on("ready", (worker) => {
    startWorkers();
    if (!control.isRolling) {
      note(`worker ${nameOf(worker)} takes its place`);
    }
  });
  startWorkers();
  startTraffic(emitter, 0, pace);
}

function nameOf(worker) {
  return `${worker.id} (pid ${worker.process.pid})`;
}

async function reportProof(url, workerCount) {
  try {
    const { from, to, milliseconds } = await proveBroadcast(url, workerCount);
    const receivers = `worker${to.length > 1 ? "s" : ""} ${to.map(({ id }) => id).join(", ")}`;
    console.log(
      `  ✓ a broadcast from worker ${from.id} (pid ${from.pid}) reached ${receivers} ` +
        `through the primary in ${milliseconds.toFixed(1)} ms`,
    );
  } catch (error) {
    console.error(`  ✗ no broadcast between the workers: ${error.message}`);
  }
}

function main() {
  let options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    console.error(error.message);
    process.exitCode = 2;
    return;
  }
  if (options.help) {
    console.log(HELP);
    return;
  }
  start(options).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}

main();
