"use strict";
/**
 * A cluster under test, seen from run.js: starts it, steers it, watches it, ends it.
 */
const { fork } = require("node:child_process");
const path = require("node:path");
const { setTimeout: delay } = require("node:timers/promises");
const { listenForPeers } = require("./control");
const { startRedis } = require("./redis");

const START_TIMEOUT = 60_000;

class Cluster {
  /** The control connection to the primary, and those to the workers by index. */
  primary;
  workers = [];
  /** The process ids of the workers, by index. */
  pids = [];
  #contender;
  #size;
  #server;
  #redis;
  #children = [];
  #stopping = false;
  #frozen = new Set();
  #onNotice = {};
  #fail;
  #failed = new Promise((_, reject) => (this.#fail = reject));
  #helloes = new Map();

  constructor(contender, size) {
    this.#contender = contender;
    this.#size = size;
    this.#failed.catch(() => {});
  }

  static async start({ contender, workload, workers }) {
    const cluster = new Cluster(contender, workers);
    process.on("exit", cluster.#killAll);
    try {
      await cluster.#start(workload);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get contender() {
    return this.#contender;
  }

  /** Calls all workers, and resolves with what each returns. */
  all(name, args) {
    return Promise.all(this.workers.map((worker) => worker.call(name, args)));
  }

  /** What each worker may notify run.js of, by name; replaces what was there. */
  onNotice(listeners) {
    this.#onNotice = listeners;
  }

  /** Rejects when the action does, when it takes too long, and when a process of the cluster ends. */
  async within(ms, what, action) {
    let timer;
    const tooLate = new Promise((_, reject) => {
      timer = setTimeout(() => {
        const detail = typeof what === "function" ? what() : what;
        reject(new Error(`${detail}: not within ${Math.round(ms / 1000)} s`));
      }, ms);
    });
    try {
      return await Promise.race([action(), tooLate, this.#failed]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * What the processes have used so far. `relay` is the primary, together with Redis where there is one: what stands
   * between the workers.
   */
  async usage() {
    const [primary, redis, ...workers] = await Promise.all([
      this.primary.call("usage"),
      this.#redis?.usage(),
      ...this.#awake().map((worker) => worker.call("usage")),
    ]);
    const relay = redis ?? { cpu: 0, peak: 0, rss: 0 };
    return {
      relay: {
        cpu: primary.cpu + relay.cpu,
        peak: redis ? redis.peak : primary.peak,
        rss: redis ? redis.rss : primary.rss,
      },
      workers,
    };
  }

  /** The memory that is in use, in bytes, where the adapter keeps what clients may come back for. */
  memoryInUse() {
    if (this.#redis !== undefined) {
      return this.#redis.memoryInUse();
    }
    const { isFloor } = this.#contender;
    return (isFloor ? this.workers[0] : this.primary).call("memoryInUse");
  }

  /** Lets all peaks of memory begin again. */
  async resetPeaks() {
    await Promise.all(
      [this.primary, ...this.#awake()].map((peer) => peer.call("resetPeak")),
    );
  }

  /** Stops a worker where it stands. It takes no part in what follows. */
  freeze(index) {
    this.#frozen.add(index);
    process.kill(this.pids[index], "SIGSTOP");
  }

  /** Profiles an action in the primary, and in the first two workers: where only one sends, it is the first. */
  async profile(prefix, action) {
    const processes = {
      primary: this.primary,
      "worker-0": this.workers[0],
      "worker-1": this.workers[1],
    };
    const each = (callback) =>
      Promise.all(
        Object.entries(processes).map(([name, peer]) => callback(name, peer)),
      );
    await each((_, peer) => peer.call("startProfile"));
    const result = await action();
    await each((name, peer) =>
      peer.call("stopProfile", { file: `${prefix}-${name}.cpuprofile` }),
    );
    return result;
  }

  /** A process that connects real clients. */
  async clients() {
    const client = this.#fork("clients.js", {});
    return this.within(
      START_TIMEOUT,
      "the clients start",
      () =>
        new Promise((resolve) => {
          this.#helloes.set("clients", (peer) => resolve(peer));
          client.on("exit", () => this.#onExit("the process of the clients"));
        }),
    );
  }

  async stop() {
    this.#stopping = true;
    const exits = this.#alive().map(
      (child) => new Promise((resolve) => child.once("exit", resolve)),
    );
    this.#killAll();
    await Promise.all(exits);
    process.off("exit", this.#killAll);
    this.#server?.close();
    await this.#redis?.stop();
  }

  #killAll = () => {
    this.pids.forEach(kill);
    this.#alive().forEach(({ pid }) => kill(pid));
  };

  #alive() {
    return this.#children.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
  }

  async #start(workload) {
    this.#redis = this.#contender.usesRedis ? await startRedis() : undefined;
    const ready = new Promise((resolve) => {
      let missing = 1 + this.#size;
      const onHello = (assign) => (peer, hello) => {
        assign(peer, hello);
        if (--missing === 0) {
          resolve();
        }
      };
      this.#helloes.set(
        "primary",
        onHello((peer) => (this.primary = peer)),
      );
      this.#helloes.set(
        "worker",
        onHello((peer, { index, pid }) => {
          this.workers[index] = peer;
          this.pids[index] = pid;
        }),
      );
    });
    this.#server = await listenForPeers((peer) => this.#onPeer(peer));
    const primary = this.#fork("primary.js", {
      BENCH_CONTENDER: this.#contender.id,
      BENCH_WORKLOAD: workload.name,
      BENCH_WORKERS: this.#size,
    });
    primary.on("exit", () => this.#onExit("the primary"));
    await this.within(START_TIMEOUT, "the cluster starts", () => ready);
    if (!this.#contender.isFloor) {
      await this.within(
        START_TIMEOUT,
        "all workers know each other",
        async () => {
          while (!(await this.#isComplete())) {
            await delay(50);
          }
        },
      );
    }
  }

  #awake() {
    return this.workers.filter((_, index) => !this.#frozen.has(index));
  }

  async #isComplete() {
    const counts = await this.all("serverCount");
    return counts.every((count) => count === this.#size);
  }

  #fork(file, env) {
    const child = fork(path.join(__dirname, file), {
      env: {
        ...process.env,
        NODE_ENV: "production",
        BENCH_PORT: this.#server.port,
        BENCH_REDIS_PORT: this.#redis?.port ?? "",
        ...env,
      },
      execArgv: [],
    });
    this.#children.push(child);
    return child;
  }

  #onPeer(peer) {
    peer.expose({
      hello: (hello) => {
        this.#helloes.get(hello.role)?.(peer, hello);
      },
      workerExit: ({ index }) => this.#onExit(`worker ${index}`),
      notice: (notice) => this.#onNotice[notice.name]?.(notice),
    });
  }

  #onExit(who) {
    if (!this.#stopping) {
      this.#fail(new Error(`${who} has ended`));
    }
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended by itself
  }
}

module.exports = { Cluster };
