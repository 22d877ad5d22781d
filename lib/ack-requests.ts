import type { ClusterAdapter, ServerId } from "socket.io-adapter";
import type { AckRequest } from "./ack-request";
import { internals } from "./socket-io";
import { attempt } from "./warnings";

/** The broadcasts with acknowledgements that wait for the clients of other nodes. */
export class AckRequests {
  readonly #requests: Map<string, AckRequest>;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** They are kept in the map that the base class has for them. */
  constructor(adapter: ClusterAdapter) {
    this.#requests = internals<AckRequest>(adapter).ackRequests;
  }

  /** @param timeout - in ms, after which nobody waits any more */
  add(requestId: string, request: AckRequest, timeout: number): void {
    if (request.isSettled) {
      return;
    }
    this.#requests.set(requestId, request);
    const timer = setTimeout(() => this.#delete(requestId), timeout);
    // whoever waits has a timer of his own, which keeps the process alive
    timer.unref();
    this.#timers.set(requestId, timer);
  }

  update(requestId: string, change: (request: AckRequest) => void): void {
    const request = this.#requests.get(requestId);
    if (request) {
      change(request);
      if (request.isSettled) {
        this.#delete(requestId);
      }
    }
  }

  #delete(requestId: string): void {
    clearTimeout(this.#timers.get(requestId));
    this.#timers.delete(requestId);
    this.#requests.delete(requestId);
  }

  onNodeRemoved(uid: ServerId): void {
    for (const requestId of Array.from(this.#requests.keys())) {
      attempt(() =>
        this.update(requestId, (request) => request.onNodeRemoved(uid)),
      );
    }
  }
}
