import type { Cluster, Worker } from "node:cluster";

/**
 * Keeps workers from being chosen for new connections. Load balancers choose among the keys of `cluster.workers`, and find
 * the worker of an open session there by its number: one that is not listed can still be found. Node.js looks at the keys,
 * too, when `cluster.disconnect()` is called, and when the last worker is gone: all are listed by then.
 *
 * @see https://github.com/nodejs/node/blob/v20.x/lib/internal/cluster/primary.js
 */
export class UnlistedWorkers {
  readonly #cluster: Cluster;
  readonly #unlisted = new Set<Worker>();
  readonly #watched = new WeakSet<Worker>();
  #end: (() => void) | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  hide(worker: Worker): void {
    if (this.#setListed(worker, false)) {
      this.#end = this.#end ?? this.#begin();
      this.#unlisted.add(worker);
      this.#watch(worker);
    }
  }

  show(worker: Worker): void {
    this.#setListed(worker, true);
    this.#unlisted.delete(worker);
    if (this.#unlisted.size === 0) {
      this.#end?.();
      this.#end = undefined;
    }
  }

  /** Returns what ends it. */
  #begin(): () => void {
    const cluster = this.#cluster;
    const { disconnect } = cluster;
    const disconnectAll: typeof disconnect = (...args) => {
      this.#showOthers();
      disconnect.apply(cluster, args);
    };
    const watch = (worker: Worker): void => this.#watch(worker);
    cluster.disconnect = disconnectAll;
    cluster.on("fork", watch);
    Object.values(cluster.workers ?? {}).forEach((one) => one && watch(one));
    return () => {
      cluster.off("fork", watch);
      if (cluster.disconnect === disconnectAll) {
        cluster.disconnect = disconnect;
      }
    };
  }

  #watch(worker: Worker): void {
    if (this.#watched.has(worker)) {
      return;
    }
    this.#watched.add(worker);
    const onEnd = (): void => {
      const others = Object.values(this.#cluster.workers ?? {}).filter(
        (one) => one !== worker,
      );
      if (others.length === 0) {
        this.#showOthers(worker);
      }
    };
    // Node.js has its own listeners there, which come behind
    worker.process.prependListener("exit", () => {
      this.show(worker);
      onEnd();
    });
    worker.process.prependListener("disconnect", onEnd);
    const { disconnect } = worker;
    worker.disconnect = () => {
      onEnd();
      return disconnect.call(worker);
    };
  }

  /** @param hidden - the one that is not listed all the same */
  #showOthers(hidden?: Worker): void {
    Array.from(this.#unlisted)
      .filter((worker) => worker !== hidden)
      .forEach((worker) => this.show(worker));
  }

  /** Returns whether it is there. */
  #setListed(worker: Worker, isListed: boolean): boolean {
    const { workers } = this.#cluster;
    const isThere = workers?.[worker.id] === worker;
    if (isThere) {
      Object.defineProperty(workers, worker.id, { enumerable: isListed });
    }
    return isThere;
  }
}
