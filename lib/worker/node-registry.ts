/**
 * The nodes of this process, by namespace.
 */
import type { SocketIoServer } from "../socket-io";
import type { RecoverySettings } from "../wire/fast";
import type { PacketFrame } from "../wire/frame-reader";
import type { Origin } from "../wire/frame-writer";
import type { PlainMessage } from "../wire/plain";
import type { SessionMessage } from "../wire/session-messages";

/**
 * A node of the cluster: the adapter of one namespace of one server. What arrives is passed on inside the channel's own
 * event, so that what a node does keeps the order of the channel.
 */
export interface Node extends Origin {
  /** The Socket.IO server that it belongs to. */
  readonly server: SocketIoServer;
  /** Only where the server has connection state recovery on. */
  readonly recovery: RecoverySettings | undefined;
  /** Another node is alive. */
  onAlive(uid: string): void;
  onMessage(message: PlainMessage): void;
  onPacket(uid: string, packet: PacketFrame): void;
  onSession(message: SessionMessage): void;
  /** A total order begins, or ends if there is none. */
  onOrder(): void;
  /** What arrived for some time is lost: the clients have to return for it. */
  onLoss(): void;
  /** Of the other nodes, those are there, and nobody else. */
  onNodes(uids: ReadonlySet<string>): void;
  /** The channel has closed: no other worker can be reached any more. */
  onDisconnect(): void;
  /** The process is about to end. */
  onExit(): void;
  /** The primary asks for a greeting. */
  greet(): void;
}

export class NodeRegistry {
  readonly #nodes = new Map<string, Set<Node>>();
  readonly #byUid = new Map<string, Node>();

  get isEmpty(): boolean {
    return this.#nodes.size === 0;
  }

  of(nsp: string): ReadonlySet<Node> | undefined {
    return this.#nodes.get(nsp);
  }

  get(uid: string): Node | undefined {
    return this.#byUid.get(uid);
  }

  /** Any one of them. */
  get first(): Node | undefined {
    const [first] = this.#byUid.values();
    return first;
  }

  add(node: Node): void {
    this.#byUid.set(node.uid, node);
    const nodes = this.#nodes.get(node.nsp);
    if (nodes) {
      nodes.add(node);
    } else {
      this.#nodes.set(node.nsp, new Set([node]));
    }
  }

  delete(node: Node): void {
    this.#byUid.delete(node.uid);
    const nodes = this.#nodes.get(node.nsp);
    if (nodes?.delete(node) && nodes.size === 0) {
      this.#nodes.delete(node.nsp);
    }
  }

  forEach(action: (node: Node) => void): void {
    this.#byUid.forEach(action);
  }
}
