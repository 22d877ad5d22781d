/**
 * Who is in the cluster, as the primary sees it: the workers that can be reached, and the nodes of each. A worker has
 * one node per namespace and server; each node has a uid of its own.
 */
export interface NodeName {
  readonly uid: string;
  readonly nsp: string;
}

export class Peers<Worker> {
  readonly #nodes = new Map<Worker, Map<string, string>>();
  readonly #owners = new Map<string, Worker>();

  get size(): number {
    return this.#nodes.size;
  }

  get nodeCount(): number {
    return this.#owners.size;
  }

  add(worker: Worker): void {
    if (!this.#nodes.has(worker)) {
      this.#nodes.set(worker, new Map());
    }
  }

  /** Forgets a worker, and returns the nodes that it had. */
  remove(worker: Worker): NodeName[] {
    const nodes = this.#nodes.get(worker) ?? new Map<string, string>();
    this.#nodes.delete(worker);
    return Array.from(nodes, ([uid, nsp]) => {
      this.#owners.delete(uid);
      return { uid, nsp };
    });
  }

  /** Remembers that a node lives in a worker. */
  addNode(worker: Worker, { uid, nsp }: NodeName): void {
    if (this.#owners.get(uid) !== worker) {
      this.removeNode(uid);
    }
    this.#nodes.get(worker)?.set(uid, nsp);
    this.#owners.set(uid, worker);
  }

  removeNode(uid: string): void {
    const owner = this.#owners.get(uid);
    if (owner !== undefined) {
      this.#nodes.get(owner)?.delete(uid);
      this.#owners.delete(uid);
    }
  }

  ownerOf(uid: string): Worker | undefined {
    return this.#owners.get(uid);
  }

  allBut(worker: Worker): Worker[] {
    return Array.from(this.#nodes.keys()).filter((other) => other !== worker);
  }
}
