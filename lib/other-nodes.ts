import type { ClusterAdapter, ServerId } from "socket.io-adapter";
import { internals } from "./socket-io";

// in ms, as in the base class
const CLEANUP_INTERVAL = 1_000;

/** The other nodes of the namespace, which the base class counts: forgets those that are gone. */
export class OtherNodes {
  readonly #adapter: ClusterAdapter;
  readonly #heartbeatTimeout: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param heartbeatTimeout - how long a node may be silent, in ms */
  constructor(adapter: ClusterAdapter, heartbeatTimeout: number) {
    this.#adapter = adapter;
    this.#heartbeatTimeout = heartbeatTimeout;
    // a timer that has ended does not begin again: this class has one of its own
    clearInterval(internals(adapter).cleanupTimer);
  }

  /**
   * Begins to look for those that are silent, and to tell them that this one is not.
   *
   * @param greet - what has the base class begin with its heartbeats
   */
  open(greet: () => void): void {
    const base = internals(this.#adapter);
    base.heartbeatTimer = undefined;
    greet();
    this.#timer = setInterval(() => this.#removeSilent(), CLEANUP_INTERVAL);
    // the channel keeps the process alive: once it has closed, there is nobody left to tell
    this.#timer.unref();
    internals(this.#adapter).heartbeatTimer?.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.keepNone();
  }

  keepNone(): void {
    this.#remove(() => true);
  }

  /** Forgets all but those. */
  keep(uids: ReadonlySet<ServerId>): void {
    this.#remove((uid) => !uids.has(uid));
  }

  #removeSilent(): void {
    const latest = Date.now() - this.#heartbeatTimeout;
    this.#remove((_, lastHeard) => lastHeard < latest);
  }

  #remove(isGone: (uid: ServerId, lastHeard: number) => boolean): void {
    const { nodesMap, removeNode } = internals(this.#adapter);
    Array.from(nodesMap)
      .filter(([uid, lastHeard]) => isGone(uid, lastHeard))
      .forEach(([uid]) => removeNode(uid));
  }
}
