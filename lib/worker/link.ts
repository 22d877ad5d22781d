/**
 * The link of this process to the cluster. All adapters of the process share it: one listener on the channel, whatever
 * the number of namespaces and servers.
 */
import { debugWorker as debug } from "../debug";
import { errorMessage } from "../errors";
import { warnOnce } from "../warnings";
import { keepEncodable, SERIALIZATIONS } from "../wire/encodable";
import {
  isEnvelope,
  isOurs,
  isPlainMessage,
  type Envelope,
  type PlainMessage,
} from "../wire/plain";
import { refuseDeep } from "../wire/portable";
import { processChannel, type Channel } from "./channel";

/** A node of the cluster: the adapter of one namespace of one server. */
export interface Node {
  /** Called inside the channel's own event, so that what it does keeps the order of the channel. */
  onMessage(message: PlainMessage): void;
  /** Called when the channel has closed: no other worker can be reached any more. */
  onDisconnect(): void;
  /** Called when the process is about to end. */
  onExit(): void;
}

export class Link {
  readonly #channel: Channel;
  readonly #nodes = new Map<string, Set<Node>>();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Begins to pass on what concerns a namespace. */
  join(nsp: string, node: Node): void {
    if (this.#nodes.size === 0) {
      this.#channel.open({
        onMessage: (message) => this.#dispatch(message),
        onDisconnect: () => {
          debug("the channel has closed");
          this.#forEachNode((node) => node.onDisconnect());
        },
        onExit: () => this.#forEachNode((node) => node.onExit()),
      });
    }
    const nodes = this.#nodes.get(nsp);
    if (nodes) {
      nodes.add(node);
    } else {
      this.#nodes.set(nsp, new Set([node]));
    }
  }

  /** Ends what `join()` began. The channel is let go with the last node. */
  leave(nsp: string, node: Node): void {
    const nodes = this.#nodes.get(nsp);
    if (!nodes?.delete(node) || nodes.size > 0) {
      return;
    }
    this.#nodes.delete(nsp);
    if (this.#nodes.size === 0) {
      this.#channel.close();
    }
  }

  /** @throws the serializer's error, if the message cannot be encoded */
  send(message: object): void {
    if (this.#channel.connected) {
      refuseDeep(message);
      this.#channel.send(message);
    }
  }

  /**
   * Sends an answer. A value in it that cannot be encoded is left out, with one process warning that names it: whoever
   * asked waits for the rest.
   */
  sendAnswer(answer: Envelope): void {
    let sendable = answer;
    for (const canEncode of SERIALIZATIONS) {
      if (this.#trySend(sendable)) {
        return;
      }
      const data = keepEncodable(sendable.data, canEncode, (path) =>
        warnOnce(
          `a value that cannot be sent to another worker was left out of an answer: ${path}`,
        ),
      );
      sendable = { ...sendable, data };
    }
    if (!this.#trySend(sendable)) {
      warnOnce("an answer to another worker cannot be sent");
    }
  }

  #trySend(message: object): boolean {
    try {
      this.send(message);
      return true;
    } catch (error) {
      debug("a message cannot be encoded: %s", errorMessage(error));
      return false;
    }
  }

  #dispatch(message: unknown): void {
    if (!isOurs(message)) {
      return;
    }
    if (!isEnvelope(message) || !isPlainMessage(message)) {
      debug("ignore a message of an unknown form");
      return;
    }
    this.#nodes.get(message.nsp)?.forEach((node) => node.onMessage(message));
  }

  #forEachNode(action: (node: Node) => void): void {
    this.#nodes.forEach((nodes) => nodes.forEach(action));
  }
}

let link: Link | undefined;

/**
 * @throws {ClusterAdapterError} `ERR_NO_IPC_CHANNEL` if the process was started without one
 */
export function processLink(): Link {
  link = link ?? new Link(processChannel());
  return link;
}
