import { MessageType, type ClusterAdapter } from "socket.io-adapter";
import { internals, type PendingRequest } from "./socket-io";

// what the base class sets for a serverSideEmit()
const BASE_TIMEOUT = 5_000;

/**
 * The requests that wait for answers of the other nodes. The base class keeps the book; this adds the cases that it does
 * not know.
 */
export class PendingRequests {
  readonly #adapter: ClusterAdapter;
  readonly #timeout: number;

  /** @param timeout - in ms, for a `serverSideEmit()` */
  constructor(adapter: ClusterAdapter, timeout: number) {
    this.#adapter = adapter;
    this.#timeout = timeout;
  }

  /** The request behind a message that is about to be sent, if it is one. */
  find(message: object): string | undefined {
    const requestId = (message as { data?: { requestId?: string } }).data
      ?.requestId;
    return requestId !== undefined && this.#requests.has(requestId)
      ? requestId
      : undefined;
  }

  /** The request has been sent. */
  onSent(requestId: string): void {
    const request = this.#requests.get(requestId);
    if (request === undefined) {
      return;
    }
    if (request.missingUids.size === 0) {
      // everyone left before it was sent; the base class looks after such requests when a node is removed
      internals(this.#adapter).removeNode("");
    } else if (
      request.type === MessageType.SERVER_SIDE_EMIT &&
      this.#timeout !== BASE_TIMEOUT
    ) {
      clearTimeout(request.timeout);
      request.timeout = setTimeout(() => {
        const missing = request.missingUids.size;
        this.#settle(
          requestId,
          new Error(`timeout reached: missing ${missing} responses`),
        );
      }, this.#timeout);
    }
  }

  /** The request could not be sent. */
  onError(requestId: string, error: Error): void {
    this.#settle(requestId, error);
  }

  #settle(requestId: string, error: Error): void {
    const request = this.#requests.get(requestId);
    if (request === undefined) {
      return;
    }
    this.#requests.delete(requestId);
    clearTimeout(request.timeout);
    if (request.type === MessageType.SERVER_SIDE_EMIT) {
      request.resolve(error, request.responses);
    } else {
      request.resolve(Promise.reject(error));
    }
  }

  get #requests(): Map<string, PendingRequest> {
    return internals(this.#adapter).customRequests;
  }
}
