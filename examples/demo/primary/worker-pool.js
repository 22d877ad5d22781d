"use strict";

const cluster = require("node:cluster");
const { EventEmitter } = require("node:events");

const MAX_QUICK_EXITS = 3;
const QUICK_EXIT_MS = 1000;
const STOP_DEADLINE_MS = 1000;

/**
 * Keeps a fixed number of workers alive.
 *
 * Events: `ready` (worker), `ended` (worker, reason), and `failed` (reason) when replacing workers has become pointless.
 */
class WorkerPool extends EventEmitter {
  #size;
  #readySince = new Map();
  #quickExits = 0;
  #stopping = false;

  constructor(size) {
    super();
    this.#size = size;
  }

  /** Resolves with the workers once all of them are ready. */
  start() {
    cluster.on("message", (worker, message) => {
      if (message?.type === "demo:ready") {
        this.#onReady(worker);
      }
    });
    cluster.on("exit", (worker, code, signal) => {
      this.#onExit(worker, signal ?? `exit code ${code}`);
    });
    for (let i = 0; i < this.#size; i++) {
      fork();
    }
    return new Promise((resolve) => {
      const onReady = () => {
        if (this.#readySince.size === this.#size) {
          this.off("ready", onReady);
          resolve([...this.#readySince.keys()].sort((a, b) => a.id - b.id));
        }
      };
      this.on("ready", onReady);
    });
  }

  /** Resolves once no worker is left. */
  async stop() {
    this.#stopping = true;
    await Promise.all(Object.values(cluster.workers).map(end));
  }

  #onReady(worker) {
    this.#readySince.set(worker, performance.now());
    this.emit("ready", worker);
  }

  #onExit(worker, reason) {
    const wasQuick = !(
      performance.now() - this.#readySince.get(worker) >=
      QUICK_EXIT_MS
    );
    this.#readySince.delete(worker);
    if (this.#stopping) {
      return;
    }
    this.emit("ended", worker, reason);
    this.#quickExits = wasQuick ? this.#quickExits + 1 : 0;
    if (this.#quickExits < MAX_QUICK_EXITS) {
      fork();
    } else {
      this.emit(
        "failed",
        `${MAX_QUICK_EXITS} workers in a row ended right after their start (the last one: ${reason}): the demo stops`,
      );
    }
  }
}

function fork() {
  const worker = cluster.fork();
  // writing to a worker that is about to die fails before its "exit" is known, which is where its end is handled
  worker.on("error", () => {});
}

function end(worker) {
  return new Promise((resolve) => {
    if (worker.isDead()) {
      resolve();
      return;
    }
    const timer = setTimeout(
      () => worker.process.kill("SIGKILL"),
      STOP_DEADLINE_MS,
    );
    worker.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    worker.process.kill("SIGTERM");
  });
}

module.exports = { WorkerPool };
