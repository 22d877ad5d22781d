/**
 * The relay: passes the messages of each worker on to those whom they concern. It knows neither `cluster` nor sockets.
 */
import { debugPrimary as debug } from "../debug";
import { MessageType } from "socket.io-adapter";
import {
  adapterClose,
  isAnswer,
  isEnvelope,
  isKnownType,
  isOurs,
  isPlainMessage,
  type Envelope,
} from "../wire/plain";
import { Peers } from "./peers";

// the uid of emitters that are no node themselves
// see https://github.com/socketio/socket.io/blob/main/packages/socket.io-adapter/lib/cluster-adapter.ts
const EMITTER_UID = "emitter";

export class Relay<Worker> {
  readonly #send: (worker: Worker, message: object) => void;
  readonly #peers = new Peers<Worker>();

  constructor(send: (worker: Worker, message: object) => void) {
    this.#send = send;
  }

  get peers(): Peers<Worker> {
    return this.#peers;
  }

  /** A worker can be reached from now on. */
  onJoin(worker: Worker): void {
    this.#peers.add(worker);
  }

  /** A worker sent something: a message of the adapter, of the application, or garbage. */
  onMessage(worker: Worker, message: unknown): void {
    if (!isOurs(message)) {
      return;
    }
    if (!isEnvelope(message) || !isRelayable(message)) {
      debug("ignore a message of an unknown form");
      return;
    }
    this.#peers.add(worker);
    this.#learn(worker, message);
    for (const recipient of this.#recipients(worker, message)) {
      this.#send(recipient, message);
    }
  }

  /** A worker is gone, and says goodbye no more: the others hear it from here. */
  onLeave(worker: Worker): void {
    const nodes = this.#peers.remove(worker);
    const others = this.#peers.allBut(worker);
    for (const { uid, nsp } of nodes) {
      debug("node %s of a worker that left is announced", uid);
      others.forEach((other) => this.#send(other, adapterClose(uid, nsp)));
    }
  }

  #learn(worker: Worker, message: Envelope): void {
    if (message.type === MessageType.ADAPTER_CLOSE) {
      this.#peers.removeNode(message.uid);
    } else if (message.uid !== EMITTER_UID) {
      this.#peers.addNode(worker, message);
    }
  }

  #recipients(worker: Worker, message: Envelope): Worker[] {
    if (!isKnownType(message.type) || !isAnswer(message.type)) {
      return this.#peers.allBut(worker);
    }
    const { requesterUid } = message;
    const asker =
      requesterUid === undefined
        ? undefined
        : this.#peers.ownerOf(requesterUid);
    return asker === undefined ? [] : [asker];
  }
}

/** A type that this version does not know is passed on: the workers may be newer than the primary. */
function isRelayable(message: Envelope): boolean {
  return !isKnownType(message.type) || isPlainMessage(message);
}
