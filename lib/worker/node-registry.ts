/**
 * The nodes of this process, by namespace.
 */
import type { PacketFrame } from "../wire/frame-reader";
import type { Origin } from "../wire/frame-writer";
import type { PlainMessage } from "../wire/plain";

/**
 * A node of the cluster: the adapter of one namespace of one server. What arrives is passed on inside the channel's own
 * event, so that what a node does keeps the order of the channel.
 */
export interface Node extends Origin {
  /** Another node is alive. */
  onAlive(uid: string): void;
  onMessage(message: PlainMessage): void;
  onPacket(uid: string, packet: PacketFrame): void;
  /** The channel has closed: no other worker can be reached any more. */
  onDisconnect(): void;
  /** The process is about to end. */
  onExit(): void;
  /** The primary asks for a greeting. */
  greet(): void;
}

export class NodeRegistry {
  readonly #nodes = new Map<string, Set<Node>>();

  get isEmpty(): boolean {
    return this.#nodes.size === 0;
  }

  of(nsp: string): ReadonlySet<Node> | undefined {
    return this.#nodes.get(nsp);
  }

  add(node: Node): void {
    const nodes = this.#nodes.get(node.nsp);
    if (nodes) {
      nodes.add(node);
    } else {
      this.#nodes.set(node.nsp, new Set([node]));
    }
  }

  delete(node: Node): void {
    const nodes = this.#nodes.get(node.nsp);
    if (nodes?.delete(node) && nodes.size === 0) {
      this.#nodes.delete(node.nsp);
    }
  }

  forEach(action: (node: Node) => void): void {
    this.#nodes.forEach((nodes) => nodes.forEach(action));
  }
}
