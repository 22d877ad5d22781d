import type { ServerId } from "socket.io-adapter";

interface Tally {
  /** The number of clients that the node has sent the packet to, once it has said so. */
  clientCount?: number;
  ackCount: number;
}

/**
 * One broadcast with acknowledgements.
 *
 * The number of clients of a node is reported when it is final: when all of them have answered, or when the node is
 * gone and the rest will never answer. Acknowledgements are passed on as they come.
 */
export class AckRequest {
  readonly #waiting = new Map<ServerId, Tally>();
  readonly #clientCountCallback: (clientCount: number) => void;
  readonly #ack: (response: unknown) => void;

  constructor(
    nodes: Iterable<ServerId>,
    clientCountCallback: (clientCount: number) => void,
    ack: (response: unknown) => void,
  ) {
    for (const uid of nodes) {
      this.#waiting.set(uid, { ackCount: 0 });
    }
    this.#clientCountCallback = clientCountCallback;
    this.#ack = ack;
  }

  /** The nodes from which something may come. */
  get missing(): Iterable<ServerId> {
    return this.#waiting.keys();
  }

  /** Whether nothing more can come. */
  get isSettled(): boolean {
    return this.#waiting.size === 0;
  }

  onClientCount(uid: ServerId, clientCount: number): void {
    const tally = this.#waiting.get(uid);
    if (tally) {
      tally.clientCount = clientCount;
      this.#settleIfComplete(uid, tally);
    }
  }

  onAck(uid: ServerId, response: unknown): void {
    const tally = this.#waiting.get(uid);
    if (tally) {
      tally.ackCount++;
      this.#ack(response);
      this.#settleIfComplete(uid, tally);
    }
  }

  onNodeRemoved(uid: ServerId): void {
    const tally = this.#waiting.get(uid);
    if (tally) {
      this.#settle(uid, tally);
    }
  }

  #settleIfComplete(uid: ServerId, tally: Tally): void {
    if (
      tally.clientCount !== undefined &&
      tally.ackCount >= tally.clientCount
    ) {
      this.#settle(uid, tally);
    }
  }

  #settle(uid: ServerId, tally: Tally): void {
    this.#waiting.delete(uid);
    this.#clientCountCallback(tally.ackCount);
  }
}
