"use strict";

const cluster = require("node:cluster");
const { EventEmitter } = require("node:events");
const { refusalOf } = require("../commands");

const FREEZE_SECONDS = 6;
const DRAIN_MS = 2000;

/**
 * Does to the workers what the page asks for.
 *
 * Events: `change` when a worker is frozen or goes on, and `note` (text) with what has been done.
 */
class Control extends EventEmitter {
  #primary;
  #pool;
  #frozen = new Map();
  #isRolling = false;

  /**
   * @param primary - the handle of setupPrimary()
   * @param pool - the workers
   */
  constructor(primary, pool) {
    super();
    this.#primary = primary;
    this.#pool = pool;
    primary.on("restart", ({ phase, worker, replacement, done, total }) => {
      this.emit("change");
      if (phase === "ready") {
        this.emit(
          "note",
          `rolling restart, ${done + 1} of ${total}: worker ${replacement.id} serves, worker ${worker.id} sends its clients away`,
        );
      }
    });
  }

  get isRolling() {
    return this.#isRolling;
  }

  isFrozen(worker) {
    return this.#frozen.has(worker);
  }

  /** Carries a command out and returns `{}`, or changes nothing and returns `{ error }`. */
  execute(command) {
    const error = refusalOf(command) ?? this.#execute(command);
    return error === undefined ? {} : { error };
  }

  /** Lets everybody go on. */
  release() {
    for (const worker of [...this.#frozen.keys()]) {
      this.#thaw(worker);
    }
  }

  #execute({ verb, worker: id }) {
    if (verb === "roll") {
      return this.#roll();
    }
    const worker = this.#pool.find(id);
    if (worker === undefined) {
      return `There is no worker ${id}.`;
    }
    return verb === "kill" ? this.#kill(worker) : this.#freeze(worker);
  }

  #kill(worker) {
    worker.process.kill("SIGKILL");
    return undefined;
  }

  #freeze(worker) {
    if (process.platform === "win32") {
      return "Windows cannot freeze a process.";
    }
    if (this.#frozen.has(worker)) {
      return `Worker ${worker.id} is frozen already.`;
    }
    worker.process.kill("SIGSTOP");
    this.#frozen.set(
      worker,
      setTimeout(() => this.#thaw(worker), FREEZE_SECONDS * 1000),
    );
    listForBalancing(worker, false);
    this.emit(
      "note",
      `worker ${worker.id} is frozen for ${FREEZE_SECONDS} s (SIGSTOP)`,
    );
    this.emit("change");
    return undefined;
  }

  #thaw(worker) {
    clearTimeout(this.#frozen.get(worker));
    this.#frozen.delete(worker);
    if (!worker.isDead()) {
      worker.process.kill("SIGCONT");
      if (!worker.exitedAfterDisconnect) {
        listForBalancing(worker, true);
      }
      this.emit("note", `worker ${worker.id} goes on (SIGCONT)`);
      this.emit("change");
    }
  }

  #roll() {
    if (this.#isRolling) {
      return "A rolling restart is under way already.";
    }
    this.#isRolling = true;
    this.#primary
      .restart({
        drainDuration: DRAIN_MS,
        fork: (worker) => this.#pool.replace(worker),
      })
      .then(
        () => this.emit("note", "rolling restart: all workers are replaced"),
        (error) => this.emit("note", `rolling restart: ${error.message}`),
      )
      .finally(() => {
        this.#isRolling = false;
      });
    this.emit("note", "rolling restart: one worker after the other");
    return undefined;
  }
}

/** As a load balancer does that looks after its workers: nobody new is sent to one that does not answer. */
function listForBalancing({ id }, isListed) {
  if (cluster.workers[id]) {
    Object.defineProperty(cluster.workers, id, { enumerable: isListed });
  }
}

module.exports = { Control, FREEZE_SECONDS };
