import { MessageType } from "socket.io-adapter";
import { adapterClose } from "../../../dist/wire/plain";
import type { Sent } from "./relay-scene";

type Wire = "silent" | "unknown" | "plain" | "fast";

interface NaivePeer {
  id: number;
  wire: Wire;
  /** Whether it reads frames. */
  reads: boolean;
  /** The nodes that speak the plain wire. */
  plain: string[];
}

/** The relay by other means: lists, searched from end to end. Of the controls it knows the last one only. */
export class NaiveRelay {
  workers: NaivePeer[] = [];
  nodes: Array<{ uid: string; worker: number }> = [];

  /** Which wire a worker has been told to use. */
  toldTo(worker: number): "plain" | "fast" {
    const isFast = this.workers.every(({ wire }) =>
      ["silent", "fast"].includes(wire),
    );
    return isFast && this.#find(worker)?.wire === "fast" ? "fast" : "plain";
  }

  join(id: number, wire: Wire): void {
    if (!this.#find(id)) {
      this.workers.push({ id, wire, reads: false, plain: [] });
    }
  }

  leave(worker: number): Sent[] {
    this.workers = this.#others(worker);
    const gone = this.nodes.filter((node) => node.worker === worker);
    this.nodes = this.nodes.filter((node) => node.worker !== worker);
    return gone.flatMap(({ uid }) =>
      this.workers.map(({ id }) => ({
        to: id,
        message: adapterClose(uid, "/"),
      })),
    );
  }

  relay(
    worker: number,
    message: { uid: string; type: number; requesterUid?: string | undefined },
  ): Sent[] {
    this.join(worker, "unknown");
    const { uid, type, requesterUid } = message;
    const peer = this.#find(worker) as NaivePeer;
    const known = this.nodes.filter((node) => node.uid !== uid);
    if (type === MessageType.ADAPTER_CLOSE) {
      this.nodes = known;
    } else if (
      uid !== "emitter" &&
      ([1, 2].includes(type) || !peer.reads || peer.plain.includes(uid))
    ) {
      this.nodes = [...known, { uid, worker }];
    }
    if ([1, 2, 13].includes(type)) {
      const offers = "wire" in message;
      peer.reads ||= offers;
      peer.plain = peer.plain.filter((node) => node !== uid);
      if (!offers && type !== MessageType.ADAPTER_CLOSE) {
        peer.plain.push(uid);
      }
      peer.wire = peer.reads && peer.plain.length === 0 ? "fast" : "plain";
    }
    const recipients = [8, 10, 11, 12].includes(type)
      ? this.#owners(requesterUid)
      : this.#others(worker).map(({ id }) => id);
    return recipients.map((to) => ({ to, message }));
  }

  relaySection(
    worker: number,
    section: Buffer,
    target: string | undefined,
  ): Sent[] {
    this.join(worker, "unknown");
    const recipients =
      target === undefined
        ? this.#others(worker)
            .filter(({ reads }) => reads)
            .map(({ id }) => id)
        : this.#owners(target);
    return recipients.map((to) => ({ to, message: section }));
  }

  #find(worker: number) {
    return this.workers.find(({ id }) => id === worker);
  }

  #others(worker: number) {
    return this.workers.filter(({ id }) => id !== worker);
  }

  #owners(uid: string | undefined): number[] {
    return this.nodes
      .filter((node) => node.uid === uid)
      .map((node) => node.worker);
  }
}
