/**
 * Who is in the cluster, as the primary sees it: the workers that can be reached, and the nodes of each. A worker has
 * one node per namespace and server; each node has a uid of its own.
 */
import type { PrimaryOutbox } from "./outbox";

export interface NodeName {
  readonly uid: string;
  readonly nsp: string;
}

/**
 * What is known of a worker's wire: `"silent"` before it has said anything, `"unknown"` when it may have said something
 * before anybody listened.
 */
export type PeerWire = "silent" | "unknown" | "plain" | "fast";

export class Peer {
  readonly outbox: PrimaryOutbox;
  readonly nodes = new Map<string, string>();
  wire: PeerWire;
  /** Whether one of its nodes has offered the fast wire: it reads frames then, whatever its other nodes speak. */
  readsFrames = false;

  constructor(outbox: PrimaryOutbox, wire: PeerWire) {
    this.outbox = outbox;
    this.wire = wire;
  }
}

export class Peers<Worker> {
  readonly #peers = new Map<Worker, Peer>();
  readonly #owners = new Map<string, Peer>();

  get size(): number {
    return this.#peers.size;
  }

  get nodeCount(): number {
    return this.#owners.size;
  }

  get(worker: Worker): Peer | undefined {
    return this.#peers.get(worker);
  }

  add(worker: Worker, peer: Peer): void {
    this.#peers.set(worker, peer);
  }

  /** Forgets a worker, and returns the nodes that it had. */
  remove(worker: Worker): NodeName[] {
    const peer = this.#peers.get(worker);
    this.#peers.delete(worker);
    return peer === undefined ? [] : this.removeNodes(peer);
  }

  /** Remembers that a node lives in a worker. */
  addNode(peer: Peer, { uid, nsp }: NodeName): void {
    if (this.#owners.get(uid) !== peer) {
      this.removeNode(uid);
    }
    peer.nodes.set(uid, nsp);
    this.#owners.set(uid, peer);
  }

  removeNode(uid: string): void {
    this.#owners.get(uid)?.nodes.delete(uid);
    this.#owners.delete(uid);
  }

  /** Forgets the nodes of a worker, and returns them. */
  removeNodes(peer: Peer): NodeName[] {
    const nodes = Array.from(peer.nodes, ([uid, nsp]) => ({ uid, nsp }));
    nodes.forEach(({ uid }) => this.removeNode(uid));
    return nodes;
  }

  ownerOf(uid: string): Peer | undefined {
    return this.#owners.get(uid);
  }

  all(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  allBut(peer: Peer | undefined): Peer[] {
    return Array.from(this.#peers.values()).filter((other) => other !== peer);
  }
}
