"use strict";

const cluster = require("node:cluster");
const { EventEmitter } = require("node:events");

const MAX_QUICK_EXITS = 3;
const QUICK_EXIT_MS = 1000;
const STOP_DEADLINE_MS = 1000;

/**
 * Keeps a fixed number of workers alive.
 *
 * Events: `forked` (worker), `ready` (worker), `ended` (worker, reason), and `failed` (reason) when replacing workers has
 * become pointless.
 */
class WorkerPool extends EventEmitter {
  #size;
  // cluster.workers does not list a worker any more that is about to be replaced
  #places = new Map();
  #readySince = new Map();
  #quickExits = 0;
  #stopping = false;

  constructor(size) {
    super();
    this.#size = size;
  }

  /** All workers; who takes the place of another one stands next to it. */
  get workers() {
    return [...this.#places.keys()].sort(
      (a, b) => this.#places.get(a) - this.#places.get(b) || a.id - b.id,
    );
  }

  find(id) {
    return this.workers.find((worker) => worker.id === id);
  }

  isReady(worker) {
    return this.#readySince.has(worker);
  }

  /** Resolves with the workers once all of them are ready. */
  start() {
    cluster.on("message", (worker, message) => {
      if (message?.type === "demo:ready") {
        this.#onReady(worker);
      }
    });
    cluster.on("exit", (worker, code, signal) => {
      this.#onExit(worker, code, signal);
    });
    for (let place = 0; place < this.#size; place++) {
      this.#fork(place);
    }
    return new Promise((resolve) => {
      const onReady = () => {
        if (this.#readySince.size === this.#size) {
          this.off("ready", onReady);
          resolve(this.workers);
        }
      };
      this.on("ready", onReady);
    });
  }

  /** Starts the worker that takes the place of another one. */
  replace(worker) {
    return this.#fork(this.#places.get(worker) ?? 0);
  }

  /** Resolves once no worker is left. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.workers.map(end));
  }

  #fork(place) {
    const worker = cluster.fork();
    // writing to a worker that is about to die fails before its "exit" is known, which is where its end is handled
    worker.on("error", () => {});
    this.#places.set(worker, place);
    this.emit("forked", worker);
    return worker;
  }

  #onReady(worker) {
    this.#readySince.set(worker, performance.now());
    this.emit("ready", worker);
  }

  #onExit(worker, code, signal) {
    const reason = signal ?? `exit code ${code}`;
    // who was killed could have started
    const wasQuick =
      signal !== "SIGKILL" &&
      !(performance.now() - this.#readySince.get(worker) >= QUICK_EXIT_MS);
    this.#readySince.delete(worker);
    this.#places.delete(worker);
    if (this.#stopping) {
      return;
    }
    this.emit("ended", worker, reason);
    if (this.#places.size >= this.#size) {
      // its replacement has been there before
      return;
    }
    this.#quickExits = wasQuick ? this.#quickExits + 1 : 0;
    if (this.#quickExits < MAX_QUICK_EXITS) {
      const taken = new Set(this.#places.values());
      let place = 0;
      while (taken.has(place)) {
        place++;
      }
      this.#fork(place);
    } else {
      this.emit(
        "failed",
        `${MAX_QUICK_EXITS} workers in a row ended right after their start (the last one: ${reason}): the demo stops`,
      );
    }
  }
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
