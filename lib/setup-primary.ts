import cluster, { type Worker } from "node:cluster";
import { performance } from "node:perf_hooks";
import { debugPrimary as debug } from "./debug";
import {
  errorMessage,
  noRelay,
  relayOfOtherCopy,
  restartUnderWay,
} from "./errors";
import {
  resolvePrimaryOptions,
  resolveRestartOptions,
  type PrimaryOptions,
  type ResolvedPrimaryOptions,
  type RestartOptions,
} from "./options";
import { Announcer, nameOf, type PrimaryEvents } from "./primary/events";
import { Relay, TICK } from "./primary/relay";
import { RollingRestart } from "./primary/rolling-restart";
import type { Speaker } from "./primary/speaker";
import type { ClusterStats } from "./primary/statistics";
import { UnlistedWorkers } from "./primary/unlisted-workers";
import type { Clock } from "./clock";
import { warnOnce } from "./warnings";

/** What `setupPrimary()` returns: how to look into the cluster, and how to restart it. */
export interface PrimaryHandle {
  /** A snapshot of what has passed, what waits and what is kept. */
  stats(): ClusterStats;

  /**
   * Replaces the workers one after the other: starts a new one, waits until it serves, sends the clients of the old one
   * away in slices, and ends it. Where connection state recovery is on, they miss nothing.
   *
   * Rejects with `ERR_RESTART` if a new worker does not come up: the workers that have not been replaced by then go on. It
   * rejects with `ERR_INVALID_OPTION` on an unknown key, a wrong type or range.
   */
  restart(opts?: RestartOptions): Promise<void>;

  /** Calls back on each event of that name; the same is published on `socket.io-cluster-adapter:<name>`, a channel of `node:diagnostics_channel`. */
  on<Name extends keyof PrimaryEvents>(
    name: Name,
    listener: (event: PrimaryEvents[Name]) => void,
  ): this;

  /** Calls back on the next event of that name. */
  once<Name extends keyof PrimaryEvents>(
    name: Name,
    listener: (event: PrimaryEvents[Name]) => void,
  ): this;

  /** Removes a listener. */
  off<Name extends keyof PrimaryEvents>(
    name: Name,
    listener: (event: PrimaryEvents[Name]) => void,
  ): this;

  /**
   * Stops relaying and removes every listener from `cluster`. The workers take each
   * other for dead after their `heartbeatTimeout`. Emitters throw `ERR_NO_RELAY` until
   * `setupPrimary()` is called again, and what they wait for rejects with it. May be called twice.
   */
  close(): void;
}

// two copies of this package may be loaded in one process, and must relay once
const HANDLE = Symbol.for("@socket.io/cluster-adapter:primary");
const shared = cluster as typeof cluster & { [HANDLE]?: PrimaryHandle };

/**
 * Connects the workers of this process with each other: relays what their adapters send, and tells them at once when
 * one of them exits or disconnects.
 *
 * It may be called before or after the workers are forked; a second call returns the handle of the first. In a worker,
 * it gives a process warning and does nothing.
 */
export function setupPrimary(opts: PrimaryOptions = {}): PrimaryHandle {
  const options = resolvePrimaryOptions(opts);
  if (cluster.isWorker) {
    warnOnce(
      "setupPrimary() was called in a worker, where it does nothing: call it in the primary process",
    );
    return new Primary(options);
  }
  if (shared[HANDLE] === undefined) {
    const primary = new Primary(options);
    primary.start();
    shared[HANDLE] = primary;
  }
  return shared[HANDLE];
}

/**
 * The primary's own voice in the cluster.
 *
 * @internal
 * @throws {ClusterAdapterError} `ERR_NO_RELAY`
 */
export function currentSpeaker(): Speaker {
  const handle = shared[HANDLE];
  if (handle === undefined) {
    throw noRelay("an Emitter");
  }
  if (!(handle instanceof Primary)) {
    throw relayOfOtherCopy("an Emitter");
  }
  return handle.speaker;
}

const unlisted = new UnlistedWorkers(cluster);

class Primary implements PrimaryHandle {
  readonly #announcer = new Announcer();
  readonly #relay: Relay<Worker>;
  readonly #listening = new WeakSet<Worker>();
  #restart: RollingRestart | undefined;
  #stop: (() => void) | undefined;

  constructor(options: ResolvedPrimaryOptions) {
    this.#relay = new Relay<Worker>({
      ...options,
      clock,
      announcer: this.#announcer,
      send: sendTo,
      nameOf,
    });
  }

  get speaker(): Speaker {
    return this.#relay.speaker;
  }

  start(): void {
    const relay = this.#relay;
    const listeners: Record<
      string,
      (worker: Worker, message: unknown) => void
    > = {
      fork: (worker) => relay.onFork(worker),
      message: (worker, message) => relay.onMessage(worker, message),
      listening: (worker) => {
        this.#listening.add(worker);
        this.#restart?.check();
      },
      disconnect: (worker) => {
        relay.onLeave(worker);
        this.#restart?.check();
      },
      exit: (worker) => {
        // where the channel is still open, it may hold messages of the dead worker: "disconnect" comes after the last one
        if (!worker.isConnected()) {
          relay.onLeave(worker);
        }
        this.#restart?.check();
      },
    };
    for (const [event, listener] of Object.entries(listeners)) {
      cluster.on(event, listener);
    }
    // some may not be listed
    for (const id of Object.getOwnPropertyNames(cluster.workers ?? {})) {
      const worker = cluster.workers?.[id];
      if (worker?.isConnected()) {
        relay.onFound(worker);
      }
    }
    const timer = setInterval(() => relay.tick(), TICK);
    timer.unref();
    debug("set up");
    this.#stop = () => {
      for (const [event, listener] of Object.entries(listeners)) {
        cluster.off(event, listener);
      }
      clearInterval(timer);
    };
  }

  stats(): ClusterStats {
    return this.#relay.stats();
  }

  async restart(opts?: RestartOptions): Promise<void> {
    const options = resolveRestartOptions(opts);
    if (shared[HANDLE] !== this) {
      throw noRelay("restart()");
    }
    if (this.#restart) {
      throw restartUnderWay();
    }
    this.#restart = new RollingRestart(
      {
        clock,
        announcer: this.#announcer,
        relay: this.#relay,
        isListening: (worker) => this.#listening.has(worker),
        fork: options.fork ?? (() => cluster.fork()),
        hide: (worker) => unlisted.hide(worker),
        show: (worker) => unlisted.show(worker),
      },
      options,
    );
    try {
      await this.#restart.run(
        this.#relay.members.filter((worker) => !worker.exitedAfterDisconnect),
      );
    } finally {
      this.#restart = undefined;
    }
  }

  on<Name extends keyof PrimaryEvents>(
    name: Name,
    listener: (event: PrimaryEvents[Name]) => void,
  ): this {
    this.#announcer.emitter.on(name, listener);
    return this;
  }

  once<Name extends keyof PrimaryEvents>(
    name: Name,
    listener: (event: PrimaryEvents[Name]) => void,
  ): this {
    this.#announcer.emitter.once(name, listener);
    return this;
  }

  off<Name extends keyof PrimaryEvents>(
    name: Name,
    listener: (event: PrimaryEvents[Name]) => void,
  ): this {
    this.#announcer.emitter.off(name, listener);
    return this;
  }

  close(): void {
    this.#stop?.();
    this.#relay.close();
    if (shared[HANDLE] === this) {
      delete shared[HANDLE];
    }
  }
}

const clock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

function sendTo(worker: Worker, message: object, callback: () => void): void {
  try {
    if (worker.isConnected()) {
      // with a callback, the error of a worker that has just died is no "error" event
      worker.send(message, callback);
      return;
    }
  } catch (error) {
    warnOnce(
      `a message could not be passed on to a worker: ${errorMessage(error)}`,
    );
  }
  process.nextTick(callback);
}
