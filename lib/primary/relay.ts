/**
 * The relay: passes the messages of each worker on to those whom they concern, and decides which wire the cluster
 * speaks. It knows neither `cluster` nor sockets. The rules cited as [W…] stand in docs/protocol.md.
 */
import { MessageType } from "socket.io-adapter";
import { debugPrimary as debug } from "../debug";
import { ClusterAdapterError } from "../errors";
import { warnOnce } from "../warnings";
import {
  controlMessage,
  FastType,
  isFramesMessage,
  readOffer,
  sectionTarget,
  type Control,
  type FramesMessage,
  type Section,
  type Wire,
} from "../wire/fast";
import {
  adapterClose,
  EMITTER_UID,
  isAnswer,
  isEnvelope,
  isKnownType,
  isMembership,
  isOurs,
  isPlainMessage,
  type Envelope,
} from "../wire/plain";
import { PrimaryOutbox, type OutboxLimits } from "./outbox";
import { Peer, Peers, type NodeName, type PeerWire } from "./peers";

export interface RelayOptions<Worker> extends OutboxLimits {
  /** Sends one message, and calls back when the operating system has taken it or never will. */
  readonly send: (
    worker: Worker,
    message: object,
    callback: () => void,
  ) => void;
  /** Names a worker in a warning. */
  readonly describe: (worker: Worker) => string;
}

export class Relay<Worker> {
  readonly #options: RelayOptions<Worker>;
  readonly #peers = new Peers<Worker>();
  #wire: Wire = "plain";

  constructor(options: RelayOptions<Worker>) {
    this.#options = options;
  }

  get peers(): Peers<Worker> {
    return this.#peers;
  }

  /** A worker was forked: it says hello before anything else. */
  onFork(worker: Worker): void {
    this.#join(worker, "silent");
  }

  /** A worker has been there for some time: it may be asked to say hello again. */
  onFound(worker: Worker): void {
    this.#tell(this.#join(worker, "unknown"), "greet");
  }

  /** A worker sent something: a message of the adapter, of the application, or garbage. */
  onMessage(worker: Worker, message: unknown): void {
    if (!isOurs(message)) {
      return;
    }
    if (!isEnvelope(message)) {
      debug("ignore a message of an unknown form");
      return;
    }
    const peer = this.#join(worker, "unknown");
    if (isFramesMessage(message)) {
      this.#relayFrames(peer, message);
    } else if (isRelayable(message)) {
      this.#learn(peer, message);
      this.#recipients(peer, message).forEach(({ outbox }) =>
        outbox.push(message),
      );
    } else {
      debug("ignore a message of an unknown form");
    }
  }

  /** A worker is gone, and says goodbye no more: the others hear it from here. */
  onLeave(worker: Worker): void {
    this.#peers.get(worker)?.outbox.close();
    this.#announce(this.#peers.remove(worker));
    this.#chooseWire();
  }

  /** Sends nothing any more. The workers find out by the silence of the others. */
  close(): void {
    for (const peer of this.#peers.all()) {
      peer.outbox.close();
    }
  }

  #join(worker: Worker, wire: PeerWire): Peer {
    const known = this.#peers.get(worker);
    if (known) {
      return known;
    }
    const { send, describe, ...limits } = this.#options;
    const peer: Peer = new Peer(
      new PrimaryOutbox({
        ...limits,
        send: (message, callback) => send(worker, message, callback),
        onOverflow: () => {
          warnOnce(
            `${describe(worker)} does not read its messages: its backlog has passed a limit of setupPrimary() ` +
              `(maxBacklogBytes: ${limits.maxBacklogBytes}, maxBacklogMessages: ${limits.maxBacklogMessages}) and was discarded`,
          );
          this.#announce(this.#peers.removeNodes(peer));
        },
        onDrain: () => this.#tell(peer, "greet"),
      }),
      wire,
    );
    this.#peers.add(worker, peer);
    if (wire === "unknown") {
      this.#chooseWire();
    }
    return peer;
  }

  #relayFrames(sender: Peer, { data }: FramesMessage): void {
    for (const section of data) {
      try {
        this.#relaySection(sender, section, sectionTarget(section));
      } catch (error) {
        if (!(error instanceof ClusterAdapterError)) {
          throw error;
        }
        warnOnce(`a section of frames was left out: ${error.message}`);
      }
    }
  }

  #relaySection(
    sender: Peer,
    section: Section,
    target: string | undefined,
  ): void {
    if (target !== undefined) {
      this.#peers.ownerOf(target)?.outbox.push(section);
      return;
    }
    for (const peer of this.#peers.all()) {
      // those that were sent before everyone had gone back to the plain wire are for them, too
      if (peer !== sender && peer.readsFrames) {
        peer.outbox.push(section);
      }
    }
  }

  #announce(nodes: NodeName[]): void {
    for (const { uid, nsp } of nodes) {
      debug("the node %s is gone", uid);
      for (const { outbox } of this.#peers.all()) {
        outbox.push(adapterClose(uid, nsp));
      }
    }
  }

  #learn(peer: Peer, message: Envelope): void {
    if (message.type === MessageType.ADAPTER_CLOSE) {
      this.#peers.removeNode(message.uid);
    } else if (message.uid !== EMITTER_UID) {
      this.#peers.addNode(peer, message);
    }
    if (isMembership(message.type)) {
      this.#learnWire(peer, message);
    }
  }

  #learnWire(peer: Peer, message: Envelope): void {
    const offer = readOffer(message);
    const wire = offer === undefined ? "plain" : "fast";
    const isNew = peer.wire !== wire;
    if (isNew) {
      debug("a worker speaks the %s wire", wire);
      if (peer.wire === "fast") {
        // another node of the worker, which does not speak it
        this.#tell(peer, "plain");
      }
      peer.wire = wire;
      if (offer !== undefined) {
        peer.readsFrames = true;
        peer.outbox.isBinary = offer.isBinary;
      }
      if (this.#chooseWire()) {
        return;
      }
    }
    // its link may be a new one, or have missed what was said before
    const isGreeting = message.type === MessageType.INITIAL_HEARTBEAT;
    if (wire === "fast" && (isNew ? this.#wire === "fast" : isGreeting)) {
      this.#tell(peer, this.#wire);
    }
  }

  /** The fast wire, as soon as everyone who has a node speaks it; returns whether that is a change. [W3] */
  #chooseWire(): boolean {
    const wire: Wire = Array.from(this.#peers.all()).every(
      (peer) => peer.wire === "fast" || peer.wire === "silent",
    )
      ? "fast"
      : "plain";
    if (wire === this.#wire) {
      return false;
    }
    debug("the cluster speaks the %s wire", wire);
    this.#wire = wire;
    for (const peer of this.#peers.all()) {
      if (peer.wire === "fast") {
        this.#tell(peer, wire);
      }
    }
    return true;
  }

  #tell(peer: Peer, control: Control): void {
    peer.outbox.push(controlMessage(control));
  }

  #recipients(sender: Peer, message: Envelope): Peer[] {
    if (!isKnownType(message.type) || !isAnswer(message.type)) {
      return this.#peers.allBut(sender);
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
  return isKnownType(message.type)
    ? isPlainMessage(message)
    : message.type !== FastType.FRAMES && message.type !== FastType.CONTROL;
}
