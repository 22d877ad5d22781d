/**
 * Who is in the cluster, as the primary sees it: the workers that can be reached, and the nodes of each. A worker has
 * one node per namespace and server; each node has a uid of its own.
 */
import { convertSection, type Offer, type Section } from "../wire/fast";
import type { WorkerName } from "./events";
import type { PrimaryOutbox } from "./outbox";
import { Counter } from "./traffic";

export interface NodeName {
  readonly uid: string;
  readonly nsp: string;
}

export interface NodeInfo extends NodeName {
  /** Whether its server has connection state recovery on. */
  readonly recovers: boolean;
}

/**
 * What is known of a worker's wire: `"silent"` before it has said anything, `"unknown"` when it may have said something
 * before anybody listened.
 */
export type PeerWire = "silent" | "unknown" | "plain" | "fast";

export class Peer {
  readonly name: WorkerName;
  readonly outbox: PrimaryOutbox;
  /** When it became known, by the clock of the relay. */
  readonly since: number;
  readonly received = new Counter();
  readonly nodes = new Map<string, NodeInfo>();
  /** Whether one of its nodes has offered the fast wire: it reads frames then, whatever its other nodes speak. */
  readsFrames = false;
  /** Whether its channel takes binary data as it is. */
  isBinary = false;
  /** The nodes that were taken out of the cluster as their worker did not read, and have not greeted since, by uid. */
  readonly dropped = new Map<string, NodeName>();
  /** The total order that it was told of last. */
  epoch: string | undefined;
  /** How far it is in that one, as far as it has said. */
  progress = 0;
  /** When its last message came, by the clock of the relay. */
  lastHeard: number | undefined;
  #wire: PeerWire;
  /** The nodes that do not speak the fast wire: another copy of this package may be loaded there. */
  readonly #plainNodes = new Set<string>();

  constructor(
    name: WorkerName,
    outbox: PrimaryOutbox,
    wire: PeerWire,
    since: number,
  ) {
    this.name = name;
    this.outbox = outbox;
    this.#wire = wire;
    this.since = since;
  }

  get wire(): PeerWire {
    return this.#wire;
  }

  /** It was forked just now: it cannot have said anything before. */
  learnFork(): void {
    if (this.#wire === "unknown" && this.lastHeard === undefined) {
      this.#wire = "silent";
    }
  }

  /** Whether a node greets before all else it sends, where it speaks the fast wire. */
  greets(uid: string): boolean {
    return this.readsFrames && !this.#plainNodes.has(uid);
  }

  /** Sends it a section in the form that its channel takes. */
  push(section: Section): void {
    this.outbox.push(convertSection(section, this.isBinary));
  }

  /** One of its nodes has said what it speaks, or that it leaves. */
  learnWire(uid: string, offer: Offer | undefined, isLeaving: boolean): void {
    if (offer !== undefined) {
      this.readsFrames = true;
      this.isBinary = offer.isBinary;
    }
    if (offer !== undefined || isLeaving) {
      this.#plainNodes.delete(uid);
    } else {
      this.#plainNodes.add(uid);
    }
    this.#wire =
      this.readsFrames && this.#plainNodes.size === 0 ? "fast" : "plain";
  }
}

export class Peers<Worker> {
  readonly #peers = new Map<Worker, Peer>();
  readonly #owners = new Map<string, Peer>();
  #recovererCount = 0;

  get nodeCount(): number {
    return this.#owners.size;
  }

  get uids(): string[] {
    return Array.from(this.#owners.keys());
  }

  /** The number of the nodes whose servers have connection state recovery on. */
  get recovererCount(): number {
    return this.#recovererCount;
  }

  /** Whether the channels of all workers take binary data as it is, as far as they have said so. */
  get areBinary(): boolean {
    const known = Array.from(this.all()).filter(
      ({ readsFrames }) => readsFrames,
    );
    return known.length > 0 && known.every(({ isBinary }) => isBinary);
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
  addNode(peer: Peer, node: NodeInfo): void {
    const { uid } = node;
    this.removeNode(uid);
    peer.nodes.set(uid, node);
    peer.dropped.delete(uid);
    this.#owners.set(uid, peer);
    this.#recovererCount += node.recovers ? 1 : 0;
  }

  node(uid: string): NodeInfo | undefined {
    return this.#owners.get(uid)?.nodes.get(uid);
  }

  removeNode(uid: string): void {
    this.#recovererCount -= this.node(uid)?.recovers ? 1 : 0;
    this.#owners.get(uid)?.nodes.delete(uid);
    this.#owners.delete(uid);
  }

  /** Forgets the nodes of a worker, and returns them. */
  removeNodes(peer: Peer): NodeName[] {
    const nodes = Array.from(peer.nodes.values());
    nodes.forEach(({ uid }) => this.removeNode(uid));
    return nodes;
  }

  ownerOf(uid: string): Peer | undefined {
    return this.#owners.get(uid);
  }

  /** The uids of the nodes of a namespace. */
  nodesOf(nsp: string): string[] {
    const uids: string[] = [];
    for (const { nodes } of this.#peers.values()) {
      nodes.forEach((node, uid) => node.nsp === nsp && uids.push(uid));
    }
    return uids;
  }

  entries(): IterableIterator<[Worker, Peer]> {
    return this.#peers.entries();
  }

  all(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  allBut(peer: Peer | undefined): Peer[] {
    return Array.from(this.#peers.values()).filter((other) => other !== peer);
  }
}
