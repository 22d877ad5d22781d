/**
 * What the primary itself asks the nodes, and what they answer.
 */
import { MessageType } from "socket.io-adapter";
import { AckRequest } from "../ack-request";
import { relayClosed, RequestTimeoutError } from "../errors";
import type { Clock } from "../clock";
import type { PlainMessage } from "../wire/plain";

/** A question that waits for answers. */
interface Pending {
  readonly isSettled: boolean;
  /** Those who have not answered. */
  readonly missing: Iterable<string>;
  readonly responses: unknown[];
  onAnswer(message: PlainMessage): void;
  onNodeGone(uid: string): void;
}

export interface InquiriesOptions {
  readonly clock: Clock;
  /** The nodes of a namespace. */
  readonly nodesOf: (nsp: string) => Iterable<string>;
}

// of all relays of this process: a late answer to the one before must not settle a question of this one
let count = 0;

export class Inquiries {
  readonly #options: InquiriesOptions;
  readonly #pending = new Map<
    string,
    { pending: Pending; settle: (error: Error | null) => void }
  >();

  constructor(options: InquiriesOptions) {
    this.#options = options;
  }

  /**
   * Asks each node of a namespace once.
   *
   * @param send - sends the question; what it throws rejects
   * @returns what the nodes have answered, in the order in which it came. The error of a timeout has what came.
   */
  ask(
    nsp: string,
    timeout: number,
    send: (requestId: string) => void,
  ): Promise<unknown[]> {
    const answers = new Answers(this.#options.nodesOf(nsp));
    return this.#wait(answers, timeout, send);
  }

  /** Asks all clients; the answers of each node's clients follow the number of them. */
  askClients(
    nsp: string,
    timeout: number,
    send: (requestId: string) => void,
  ): Promise<unknown[]> {
    const answers = new ClientAnswers(this.#options.nodesOf(nsp));
    return this.#wait(answers, timeout, send);
  }

  onAnswer(message: PlainMessage): void {
    const { requestId } = message.data as { requestId: string };
    this.#update(requestId, (pending) => pending.onAnswer(message));
  }

  onNodeGone(uid: string): void {
    for (const requestId of Array.from(this.#pending.keys())) {
      this.#update(requestId, (pending) => pending.onNodeGone(uid));
    }
  }

  /** Nobody answers any more. */
  close(): void {
    for (const { settle } of Array.from(this.#pending.values())) {
      settle(relayClosed());
    }
  }

  #wait(
    pending: Pending,
    timeout: number,
    send: (requestId: string) => void,
  ): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const requestId = `primary-${count++}`;
      const cancel = this.#options.clock.after(timeout, () => {
        const missing = Array.from(pending.missing);
        settle(new RequestTimeoutError(missing, pending.responses));
      });
      const settle = (error: Error | null): void => {
        this.#pending.delete(requestId);
        cancel();
        if (error) {
          reject(error);
        } else {
          resolve(pending.responses);
        }
      };
      this.#pending.set(requestId, { pending, settle });
      try {
        send(requestId);
      } catch (error) {
        settle(error as Error);
      }
      if (pending.isSettled) {
        settle(null);
      }
    });
  }

  #update(requestId: string, change: (pending: Pending) => void): void {
    const entry = this.#pending.get(requestId);
    if (entry) {
      change(entry.pending);
      if (entry.pending.isSettled) {
        entry.settle(null);
      }
    }
  }
}

class Answers implements Pending {
  readonly responses: unknown[] = [];
  readonly #missing: Set<string>;

  constructor(nodes: Iterable<string>) {
    this.#missing = new Set(nodes);
  }

  get isSettled(): boolean {
    return this.#missing.size === 0;
  }

  get missing(): Iterable<string> {
    return this.#missing;
  }

  onAnswer({ uid, type, data }: PlainMessage): void {
    if (!this.#missing.delete(uid)) {
      return;
    }
    const { sockets, packet } = data as {
      sockets?: unknown[];
      packet?: unknown;
    };
    if ((type as MessageType) === MessageType.FETCH_SOCKETS_RESPONSE) {
      // there may be more of them than a call has arguments
      sockets?.forEach((socket) => this.responses.push(socket));
    } else {
      this.responses.push(packet);
    }
  }

  onNodeGone(uid: string): void {
    this.#missing.delete(uid);
  }
}

class ClientAnswers implements Pending {
  readonly responses: unknown[] = [];
  readonly #request: AckRequest;

  constructor(nodes: Iterable<string>) {
    this.#request = new AckRequest(
      nodes,
      () => {},
      (response) => this.responses.push(response),
    );
  }

  get isSettled(): boolean {
    return this.#request.isSettled;
  }

  get missing(): Iterable<string> {
    return this.#request.missing;
  }

  onAnswer({ uid, type, data }: PlainMessage): void {
    const { clientCount, packet } = data as {
      clientCount?: number;
      packet?: unknown;
    };
    if ((type as MessageType) === MessageType.BROADCAST_CLIENT_COUNT) {
      this.#request.onClientCount(uid, clientCount as number);
    } else {
      this.#request.onAck(uid, packet);
    }
  }

  onNodeGone(uid: string): void {
    this.#request.onNodeRemoved(uid);
  }
}
