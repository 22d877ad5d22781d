/**
 * The relay: passes the messages of each worker on to those whom they concern, and decides which wire the cluster
 * speaks. It knows neither `cluster` nor sockets. The rules cited as [W…] stand in docs/protocol.md.
 */
import { MessageType } from "socket.io-adapter";
import { debugPrimary as debug } from "../debug";
import { ClusterAdapterError } from "../errors";
import { warnOnce } from "../warnings";
import type { RecoveryLimits, RecoveryOptions } from "../recovery/recovery";
import {
  controlMessage,
  convertSection,
  FastType,
  isFramesMessage,
  readOffer,
  sectionBytes,
  sectionTarget,
  type Control,
  type FramesMessage,
  type RecoverySettings,
  type Section,
  type Wire,
} from "../wire/fast";
import { PRIMARY_UID } from "../wire/frames";
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
import { Ordering } from "./ordering";
import { PrimaryOutbox, type OutboxLimits } from "./outbox";
import { Speaker } from "./speaker";
import { Peer, Peers, type NodeName, type PeerWire } from "./peers";

export interface RelayOptions<Worker>
  extends OutboxLimits, Pick<RecoveryOptions, "clock" | keyof RecoveryLimits> {
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
  readonly #ordering: Ordering;
  readonly speaker: Speaker;
  #wire: Wire = "plain";

  constructor(options: RelayOptions<Worker>) {
    this.#options = options;
    const { maxLogBytes, maxLogEntries, maxSessions, clock } = options;
    this.#ordering = new Ordering({
      maxLogBytes,
      maxLogEntries,
      maxSessions,
      clock,
      onOutcome: () => {},
      namespaceOf: (uid) => this.#peers.node(uid)?.nsp,
      send: (uid, section) => {
        const peer = this.#peers.ownerOf(uid);
        peer?.outbox.push(convertSection(section, peer.isBinary));
        return peer?.outbox.isOpen ?? false;
      },
    });
    this.speaker = new Speaker({
      clock,
      nodesOf: (nsp) => this.#peers.nodesOf(nsp),
      wire: () => this.#wire,
      sendPlain: (message) => {
        for (const { outbox } of this.#peers.all()) {
          outbox.push(message);
        }
      },
      sendSection: (section) => this.#passOn(section, undefined),
    });
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
      if (message.requesterUid === EMITTER_UID && isPlainMessage(message)) {
        this.speaker.onAnswer(message);
      }
      if (this.#wire === "ordered" && message.type === MessageType.BROADCAST) {
        // its sender did not know of the order yet
        this.#ordering.recovery.skip();
      }
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

  /** Removes what is old. Called once a second or so. */
  tick(): void {
    const { recovery } = this.#ordering;
    if (this.#wire === "ordered") {
      const progress = Array.from(this.#peers.all(), (peer) =>
        peer.readsFrames && peer.outbox.isOpen ? peer.progress : Infinity,
      );
      recovery.tick(Math.min(recovery.log.last, ...progress));
    }
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
    const { send, describe, maxBacklogBytes, maxBacklogMessages } =
      this.#options;
    const peer: Peer = new Peer(
      new PrimaryOutbox({
        maxBacklogBytes,
        maxBacklogMessages,
        send: (message, callback) => send(worker, message, callback),
        onOverflow: () => {
          warnOnce(
            `${describe(worker)} does not read its messages: its backlog has passed a limit of setupPrimary() ` +
              `(maxBacklogBytes: ${maxBacklogBytes}, maxBacklogMessages: ${maxBacklogMessages}) and was discarded`,
          );
          this.#announce(this.#peers.removeNodes(peer));
        },
        onDrain: () => {
          if (this.#wire === "ordered") {
            // its clients have missed something: let them return for it
            this.#tell(peer, "reset");
          }
          this.#tell(peer, "greet");
        },
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
    if (target === PRIMARY_UID) {
      this.#ordering.read(
        sectionBytes(section),
        this.#wire === "ordered",
        (number) => {
          sender.progress = number;
        },
      );
      return;
    }
    if (target === EMITTER_UID) {
      this.speaker.onSection(sectionBytes(section));
    } else if (target !== undefined) {
      const owner = this.#peers.ownerOf(target);
      owner?.outbox.push(convertSection(section, owner.isBinary));
    } else {
      this.#passOn(section, sender);
    }
  }

  /** Sends a section to everyone, to its sender only if that waits for its numbers. */
  #passOn(section: Section, sender: Peer | undefined): void {
    const isOrdered = this.#wire === "ordered";
    const bytes = isOrdered ? sectionBytes(section) : section;
    const isAwaited = isOrdered && this.#ordering.number(bytes as Buffer);
    // each channel takes one of two forms
    const forms = new Map<boolean, Section>();
    for (const peer of this.#peers.all()) {
      // those that were sent before everyone had gone back to the plain wire are for them, too
      if (peer.readsFrames && (peer !== sender || isAwaited)) {
        const { isBinary, outbox } = peer;
        const form = forms.get(isBinary) ?? convertSection(bytes, isBinary);
        forms.set(isBinary, form);
        outbox.push(form);
      }
    }
  }

  #announce(nodes: NodeName[]): void {
    for (const { uid, nsp } of nodes) {
      debug("the node %s is gone", uid);
      this.#onNodeGone(uid);
      for (const { outbox } of this.#peers.all()) {
        outbox.push(adapterClose(uid, nsp));
      }
    }
  }

  #onNodeGone(uid: string): void {
    this.#ordering.recovery.onNodeGone(uid);
    this.speaker.onNodeGone(uid);
  }

  #learn(peer: Peer, message: Envelope): void {
    const { uid, nsp } = message;
    if (message.type === MessageType.ADAPTER_CLOSE) {
      this.#peers.removeNode(uid);
      this.#onNodeGone(uid);
      this.#chooseWire();
    } else if (uid !== EMITTER_UID) {
      const recovers = this.#peers.node(uid)?.recovers ?? false;
      this.#peers.addNode(peer, { uid, nsp, recovers });
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
    }
    if (offer !== undefined) {
      peer.readsFrames = true;
      peer.isBinary = offer.isBinary;
    }
    if (message.type !== MessageType.ADAPTER_CLOSE) {
      this.#learnRecovery(peer, message, offer?.recovery);
    }
    if (this.#chooseWire()) {
      return;
    }
    // its link may be a new one, or have missed what was said before
    const isGreeting = message.type === MessageType.INITIAL_HEARTBEAT;
    if (wire === "fast" && (isNew ? this.#wire !== "plain" : isGreeting)) {
      this.#tell(peer, this.#wire);
    }
  }

  #learnRecovery(
    peer: Peer,
    { uid, nsp }: Envelope,
    settings: RecoverySettings | undefined,
  ): void {
    if (uid !== EMITTER_UID) {
      this.#peers.addNode(peer, { uid, nsp, recovers: settings !== undefined });
    }
    if (settings !== undefined) {
      this.#ordering.recovery.keepFor(settings);
    }
  }

  /** Chooses the wire that all who have a node speak; returns whether that is a change. [W3] */
  #chooseWire(): boolean {
    const wire = this.#bestWire();
    if (wire !== "ordered" && this.#peers.recovererCount > 0) {
      this.#warnOfObstacle();
    }
    if (wire === this.#wire) {
      return false;
    }
    debug("the cluster speaks the %s wire", wire);
    this.#wire = wire;
    if (wire === "ordered") {
      this.#ordering.recovery.restart();
    }
    for (const peer of this.#peers.all()) {
      if (peer.wire === "fast") {
        this.#tell(peer, wire);
      }
    }
    return true;
  }

  #bestWire(): Wire {
    for (const { wire } of this.#peers.all()) {
      if (wire !== "fast" && wire !== "silent") {
        return "plain";
      }
    }
    const { nodeCount, recovererCount } = this.#peers;
    // where nobody is there, somebody may come who goes on
    const isOrdered = nodeCount > 0 || this.#wire === "ordered";
    return isOrdered && recovererCount === nodeCount ? "ordered" : "fast";
  }

  #warnOfObstacle(): void {
    for (const [worker, peer] of this.#peers.entries()) {
      const isOld = peer.wire === "plain";
      const others = Array.from(peer.nodes.values());
      if (isOld || others.some(({ recovers }) => !recovers)) {
        warnOnce(
          `connectionStateRecovery recovers nobody: ${this.#options.describe(worker)} ` +
            (isOld
              ? "speaks the messages of version 0.3.0"
              : "has a server on which it is off"),
        );
        return;
      }
    }
  }

  #tell(peer: Peer, control: Control): void {
    const { epoch, log } = this.#ordering.recovery;
    if (control === "ordered") {
      peer.progress = log.last;
      peer.outbox.push(
        controlMessage(control, { order: { epoch, number: log.last } }),
      );
    } else {
      peer.outbox.push(controlMessage(control));
    }
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
