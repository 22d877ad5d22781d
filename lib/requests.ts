import { MessageType, type ClusterAdapter } from "socket.io-adapter";
import { internals } from "./socket-io";

type RequestType = MessageType.FETCH_SOCKETS | MessageType.SERVER_SIDE_EMIT;

export interface Request {
  readonly type: RequestType;
  /** What is known without the other nodes. */
  readonly responses: unknown[];
  /** In ms. */
  readonly timeout: number;
  /** Sends the question, in the tick of the call: what is sent after it must not overtake it. */
  readonly publish: (requestId: string) => void;
  /** Called once. With an error, the responses are those that had arrived by then. */
  readonly settle: (error: Error | null, responses: unknown[]) => void;
}

/**
 * The questions that wait for an answer of each other node. They are kept in the map that the base class has for them:
 * it collects the answers, and settles a request whose last missing node has answered or is gone.
 */
export class Requests {
  readonly #adapter: ClusterAdapter;
  readonly #nextId: () => string;

  constructor(adapter: ClusterAdapter, nextId: () => string) {
    this.#adapter = adapter;
    this.#nextId = nextId;
  }

  ask({ type, responses, timeout, publish, settle }: Request): void {
    const { customRequests, nodesMap } = internals(this.#adapter);
    if (nodesMap.size === 0) {
      settle(null, responses);
      return;
    }
    const requestId = this.#nextId();
    const missingUids = new Set(nodesMap.keys());

    const fail = (error: Error): void => {
      if (customRequests.delete(requestId)) {
        clearTimeout(timer);
        settle(error, responses);
      }
    };
    const timer = setTimeout(() => {
      fail(new Error(`timeout reached: missing ${missingUids.size} responses`));
    }, timeout);

    customRequests.set(requestId, {
      type,
      // the base class calls it with the responses, or, for a server-side event, with null and the responses
      resolve: () => settle(null, responses),
      timeout: timer,
      missingUids,
      responses,
    });
    try {
      publish(requestId);
    } catch (error) {
      fail(error as Error);
    }
  }
}
