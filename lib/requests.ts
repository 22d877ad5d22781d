import {
  MessageType,
  type BroadcastOptions,
  type ClusterAdapter,
  type Room,
} from "socket.io-adapter";
import { answerFor, countOf, roomsOf, Want } from "./census";
import { RequestTimeoutError } from "./errors";
import { encodeOptions, internals, type SocketDetails } from "./socket-io";
import { attempt } from "./warnings";

/** A question to the other nodes. */
export type Question =
  | {
      readonly type: MessageType.FETCH_SOCKETS;
      readonly data: { opts: object; requestId: string; want?: Want };
    }
  | {
      readonly type: MessageType.SERVER_SIDE_EMIT;
      readonly data: { packet: unknown[]; requestId: string };
    };

export interface RequestsOptions {
  readonly adapter: ClusterAdapter;
  /** How long to wait where nobody says so, in ms. */
  readonly requestsTimeout: number;
  /** @throws if it cannot be sent */
  readonly publish: (question: Question) => void;
  readonly nextRequestId: () => string;
}

/** Called once. With an error, the responses are those that had arrived by then. */
type Settle = (error: Error | null, responses: unknown[]) => void;

/**
 * The questions that wait for an answer of each other node. They are kept in the map that the base class has for them:
 * it collects the answers, and settles a request whose last missing node has answered or is gone.
 */
export class Requests {
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** The sockets that the options select: those of this node, and what the others tell of theirs. */
  fetchSockets(opts: BroadcastOptions): Promise<unknown[]> {
    const sockets: unknown[] = [];
    internals(this.#options.adapter).apply(opts, (socket) =>
      sockets.push(socket),
    );
    return this.#fetch(opts, sockets);
  }

  async countSockets(opts: BroadcastOptions): Promise<number> {
    return countOf(this.#summarize(opts, Want.COUNT));
  }

  async allRooms(): Promise<Set<Room>> {
    return roomsOf(this.#summarize({ rooms: new Set() }, Want.ROOMS));
  }

  #summarize(opts: BroadcastOptions, want: Want): Promise<SocketDetails[]> {
    const own = answerFor(this.#options.adapter, opts, want);
    return this.#fetch(opts, own, want) as Promise<SocketDetails[]>;
  }

  /** @param responses - what this node knows; the answers of the others are added */
  #fetch(
    opts: BroadcastOptions,
    responses: unknown[],
    want?: Want,
  ): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      if (opts.flags?.local) {
        resolve(responses);
        return;
      }
      this.#ask(
        (requestId) => ({
          type: MessageType.FETCH_SOCKETS,
          data: {
            opts: encodeOptions(opts),
            requestId,
            ...(want !== undefined && { want }),
          },
        }),
        responses,
        // 0 means the default, as in the base class
        opts.flags?.timeout || this.#options.requestsTimeout,
        (error) => (error ? reject(error) : resolve(responses)),
      );
    });
  }

  /** What the listeners of the other nodes answer to an event. */
  serverSideEmit(packet: unknown[], settle: Settle): void {
    this.#ask(
      (requestId) => ({
        type: MessageType.SERVER_SIDE_EMIT,
        data: { packet, requestId },
      }),
      [],
      this.#options.requestsTimeout,
      settle,
    );
  }

  /**
   * Asks in the tick of the call: what is sent after it must not overtake it.
   *
   * @param responses - what is known without the other nodes; they are added
   */
  #ask(
    question: (requestId: string) => Question,
    responses: unknown[],
    timeout: number,
    settle: Settle,
  ): void {
    const { adapter, publish, nextRequestId } = this.#options;
    const { customRequests, nodesMap } = internals(adapter);
    if (nodesMap.size === 0) {
      settle(null, responses);
      return;
    }
    const asked = question(nextRequestId());
    const { requestId } = asked.data;
    const missingUids = new Set(nodesMap.keys());

    const fail = (error: Error): void => {
      if (customRequests.delete(requestId)) {
        clearTimeout(timer);
        settle(error, responses);
      }
    };
    const timer = setTimeout(() => {
      fail(new RequestTimeoutError(Array.from(missingUids), responses));
    }, timeout);

    customRequests.set(requestId, {
      type: asked.type,
      // the base class calls it with the responses, or, for a server-side event, with null and the responses
      resolve: () => {
        // the base class does so afterwards: what the application throws must not have it called again
        customRequests.delete(requestId);
        attempt(() => settle(null, responses));
      },
      timeout: timer,
      missingUids,
      responses,
    });
    try {
      publish(asked);
    } catch (error) {
      fail(error as Error);
    }
  }
}
