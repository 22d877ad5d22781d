import cluster, { type Worker } from "node:cluster";
import { performance } from "node:perf_hooks";
import { debugPrimary as debug } from "./debug";
import {
  resolvePrimaryOptions,
  type PrimaryOptions,
  type ResolvedPrimaryOptions,
} from "./options";
import { errorMessage, noRelay } from "./errors";
import type { Clock } from "./recovery/recovery";
import { Relay } from "./primary/relay";
import type { Speaker } from "./primary/speaker";
import { warnOnce } from "./warnings";

/** What `setupPrimary()` returns. */
export interface PrimaryHandle {
  /**
   * Stops relaying and removes every listener from `cluster`. The workers take each
   * other for dead after their `heartbeatTimeout`. May be called twice.
   */
  close(): void;
}

// in ms
const TICK = 1_000;

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
    return { close() {} };
  }
  return (shared[HANDLE] = shared[HANDLE] ?? startRelay(options));
}

const relays = new WeakMap<PrimaryHandle, Relay<Worker>>();

/**
 * The primary's own voice in the cluster.
 *
 * @internal
 * @throws {ClusterAdapterError} `ERR_NO_RELAY`
 */
export function currentSpeaker(): Speaker {
  const handle = shared[HANDLE];
  const relay = handle && relays.get(handle);
  if (relay === undefined) {
    throw noRelay();
  }
  return relay.speaker;
}

function startRelay(options: ResolvedPrimaryOptions): PrimaryHandle {
  const relay = new Relay<Worker>({
    ...options,
    clock,
    send: sendTo,
    describe: ({ id, process: { pid } }) => `worker ${id} (pid ${pid})`,
  });
  const listeners: Record<string, (worker: Worker, message: unknown) => void> =
    {
      fork: (worker) => relay.onFork(worker),
      message: (worker, message) => relay.onMessage(worker, message),
      disconnect: (worker) => relay.onLeave(worker),
      exit: (worker) => {
        // where the channel is still open, it may hold messages of the dead worker: "disconnect" comes after the last one
        if (!worker.isConnected()) {
          relay.onLeave(worker);
        }
      },
    };
  for (const [event, listener] of Object.entries(listeners)) {
    cluster.on(event, listener);
  }
  for (const worker of Object.values(cluster.workers ?? {})) {
    if (worker?.isConnected()) {
      relay.onFound(worker);
    }
  }
  const timer = setInterval(() => relay.tick(), TICK);
  timer.unref();
  debug("set up");

  const handle = {
    close() {
      for (const [event, listener] of Object.entries(listeners)) {
        cluster.off(event, listener);
      }
      clearInterval(timer);
      relay.close();
      if (shared[HANDLE] === handle) {
        delete shared[HANDLE];
      }
    },
  };
  relays.set(handle, relay);
  return handle;
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
