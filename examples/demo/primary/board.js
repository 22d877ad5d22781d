"use strict";

const cluster = require("node:cluster");

const SAMPLE_INTERVAL_MS = 1000;
const MAX_SAMPLES = 60;

/**
 * Tells all tabs which workers there are, and each second what has passed and what waits.
 *
 * The primary is the one that knows: it sees workers come and go, and it outlives them.
 */
class Board {
  #primary;
  #pool;
  #control;
  #emitter;
  #tabs = new Map();
  #messages = new Map();
  #samples = [];
  #isSharing = false;
  #sampledAt = performance.now();

  constructor({ primary, pool, control, emitter }) {
    this.#primary = primary;
    this.#pool = pool;
    this.#control = control;
    this.#emitter = emitter;
  }

  start() {
    const share = () => this.#share();
    cluster.on("message", (worker, message) => {
      // the last messages of a worker can arrive after its exit
      if (message?.type === "demo:tabs" && !worker.isDead()) {
        this.#tabs.set(worker, message.tabs);
        share();
      }
    });
    this.#pool.on("forked", share).on("ready", share);
    this.#pool.on("ended", (worker) => {
      this.#tabs.delete(worker);
      share();
    });
    this.#control.on("change", share);
    setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS);
  }

  /** What a tab has to know that has just been opened. */
  get history() {
    return { workers: this.#workers, samples: this.#samples };
  }

  get #workers() {
    return this.#pool.workers.map((worker) => ({
      id: worker.id,
      pid: worker.process.pid,
      tabs: this.#tabs.get(worker) ?? 0,
      state: this.#stateOf(worker),
    }));
  }

  #stateOf(worker) {
    if (this.#control.isFrozen(worker)) {
      return "frozen";
    }
    if (worker.exitedAfterDisconnect) {
      return "leaving";
    }
    return this.#pool.isReady(worker) ? "serving" : "starting";
  }

  /** Once for all that happens together: the tabs see a worker and its replacement, and no gap between them. */
  #share() {
    if (!this.#isSharing) {
      this.#isSharing = true;
      queueMicrotask(() => {
        this.#isSharing = false;
        this.#emitter.emit("workers", this.#workers);
      });
    }
  }

  #sample() {
    const now = performance.now();
    const seconds = (now - this.#sampledAt) / 1000;
    this.#sampledAt = now;
    const { workers, recovery } = this.#primary.stats();
    const messages = new Map(
      workers.map(({ id, sent, received }) => [
        id,
        sent.messages + received.messages,
      ]),
    );
    const sample = {
      at: Date.now(),
      workers: workers.map(({ id, backlog }) => ({
        id,
        rate: Math.round(
          (messages.get(id) - (this.#messages.get(id) ?? 0)) / seconds,
        ),
        backlog,
      })),
      kept: recovery.log.packets,
      restores: recovery.restores,
    };
    this.#messages = messages;
    this.#samples.push(sample);
    this.#samples.splice(0, this.#samples.length - MAX_SAMPLES);
    this.#emitter.emit("sample", sample);
  }
}

module.exports = { Board };
