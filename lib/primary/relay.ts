/**
 * The relay: passes the messages of each worker on to those whom they concern. It knows neither `cluster` nor sockets.
 */
import { MessageType } from "socket.io-adapter";
import { debugPrimary as debug } from "../debug";
import { errorName } from "../errors";
import { warnOnce } from "../warnings";
import type { RecoveryLimits, RecoveryOptions } from "../recovery/recovery";
import {
  controlMessage,
  isDrained,
  isFramesMessage,
  isRelayable,
  keepableSection,
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
  isSignOfLife,
  type Envelope,
} from "../wire/plain";
import { workerText, type Announcer, type WorkerName } from "./events";
import { FrameRelay } from "./frame-relay";
import { Negotiation } from "./negotiation";
import { Ordering } from "./ordering";
import { PrimaryOutbox, type OutboxLimits } from "./outbox";
import { Peer, Peers, type NodeName, type PeerWire } from "./peers";
import { Speaker } from "./speaker";
import { Statistics, type ClusterStats } from "./statistics";

export interface RelayOptions<Worker>
  extends OutboxLimits, Pick<RecoveryOptions, "clock" | keyof RecoveryLimits> {
  /** Sends one message, and calls back when the operating system has taken it or never will. */
  readonly send: (
    worker: Worker,
    message: object,
    callback: () => void,
  ) => void;
  readonly nameOf: (worker: Worker) => WorkerName;
  readonly announcer: Announcer;
}

/** How often `tick()` is to be called, in ms. */
export const TICK = 100;

export class Relay<Worker> {
  readonly #options: RelayOptions<Worker>;
  readonly #peers = new Peers<Worker>();
  readonly #ordering: Ordering;
  readonly #negotiation: Negotiation;
  readonly #frames: FrameRelay;
  readonly #statistics = new Statistics();
  readonly speaker: Speaker;

  constructor(options: RelayOptions<Worker>) {
    this.#options = options;
    const { maxLogBytes, maxLogEntries, maxSessions, clock } = options;
    this.#ordering = new Ordering({
      maxLogBytes,
      maxLogEntries,
      maxSessions,
      clock,
      onOutcome: (outcome, uid) => {
        this.#statistics.onRestore(outcome);
        const worker = this.#peers.ownerOf(uid)?.name;
        const nsp = this.#peers.node(uid)?.nsp;
        if (worker !== undefined && nsp !== undefined) {
          options.announcer.announce("restore", { outcome, nsp, worker });
        }
      },
      namespaceOf: (uid) => this.#peers.node(uid)?.nsp,
      isBusy: (uid) => this.#peers.ownerOf(uid)?.outbox.isBusy ?? false,
      send: (uid, section) => {
        const peer = this.#peers.ownerOf(uid);
        // it was written next to what is for others
        peer?.push(keepableSection(section));
        return peer?.outbox.isOpen ?? false;
      },
    });
    const { recovery } = this.#ordering;
    this.#negotiation = new Negotiation({
      peers: this.#peers,
      clock,
      position: () => ({ epoch: recovery.epoch, number: recovery.log.last }),
      onRecovery: (settings) => recovery.keepFor(settings),
      onChange: (wire, previous) => {
        if (wire === "ordered" || previous === "ordered") {
          recovery.restart();
        }
        options.announcer.announce("wire", { wire, previous });
      },
    });
    this.speaker = new Speaker({
      clock,
      nodesOf: (nsp) => this.#peers.nodesOf(nsp),
      wire: () => this.#negotiation.wire,
      isBinary: () => this.#peers.areBinary,
      sendPlain: (message) => {
        for (const { outbox } of this.#peers.all()) {
          outbox.push(message);
        }
      },
      sendSection: (section) => this.#frames.passOn(section),
    });
    this.#frames = new FrameRelay({
      peers: this.#peers,
      ordering: this.#ordering,
      wire: () => this.#negotiation.wire,
      onAnswer: (section) => this.speaker.onSection(section),
    });
  }

  /** A worker was forked: it says hello before anything else. */
  onFork(worker: Worker): void {
    this.#join(worker, "silent").learnFork();
    this.#negotiation.choose();
  }

  /** A worker has been there for some time: it may be asked to say hello again. */
  onFound(worker: Worker): void {
    this.#negotiation.tell(this.#join(worker, "unknown"), "greet");
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
    peer.lastHeard = this.#options.clock.now();
    peer.received.add(1, 0);
    if (isFramesMessage(message)) {
      this.#frames.onSections(peer, message.data);
    } else if (isDrained(message)) {
      this.#options.announcer.announce("drained", { worker: peer.name });
    } else if (isRelayable(message)) {
      this.#relayPlain(peer, message);
    } else {
      debug("ignore a message of an unknown form");
    }
  }

  /** A worker is gone, and says goodbye no more: the others hear it from here. */
  onLeave(worker: Worker): void {
    const peer = this.#peers.get(worker);
    if (peer) {
      peer.outbox.close();
      this.#statistics.onGone(peer);
      this.#removeNodes(peer);
      // the others have heard of them since, by what they sent
      this.#sayGoodbye(peer.dropped.values());
      this.#peers.remove(worker);
      this.#negotiation.choose();
    }
  }

  /** The workers of which the adapter was heard. */
  get members(): Worker[] {
    const entries = Array.from(this.#peers.entries());
    return entries
      .filter(([, { wire }]) => wire === "plain" || wire === "fast")
      .map(([worker]) => worker);
  }

  isMember(worker: Worker): boolean {
    return (this.#peers.get(worker)?.nodes.size ?? 0) > 0;
  }

  /**
   * Asks a worker to come to rest. [E2]
   *
   * @param duration - how long it may take, in ms
   * @returns whether it has understood; one that speaks the messages of 0.3.0 only does not
   */
  drain(worker: Worker, duration: number): boolean {
    const peer = this.#peers.get(worker);
    peer?.outbox.push(controlMessage("drain", { duration }));
    return peer?.readsFrames ?? false;
  }

  stats(): ClusterStats {
    return this.#statistics.snapshot(
      this.#peers.all(),
      this.#negotiation.wire,
      this.#ordering.recovery,
      this.#options.clock.now(),
    );
  }

  /** Time has passed: notices who does not read, and removes what is old. Called each `TICK` ms. */
  tick(): void {
    for (const { outbox } of this.#peers.all()) {
      outbox.tick();
    }
    this.#negotiation.tick();
    const { recovery } = this.#ordering;
    if (this.#negotiation.wire === "ordered") {
      // without a node, or without a channel, a worker has no clients that may return for it
      const progress = Array.from(this.#peers.all())
        .filter(({ nodes, outbox }) => nodes.size > 0 && outbox.isOpen)
        .map((peer) => peer.progress);
      recovery.tick(Math.min(recovery.log.last, ...progress));
    }
  }

  /** Sends nothing any more. The workers find out by the silence of the others, and wait for nothing to come back. */
  close(): void {
    this.speaker.close();
    for (const { outbox, readsFrames } of this.#peers.all()) {
      outbox.close(readsFrames ? controlMessage("plain") : undefined);
    }
  }

  #join(worker: Worker, wire: PeerWire): Peer {
    const known = this.#peers.get(worker);
    if (known) {
      return known;
    }
    const { send, nameOf, announcer, maxBacklogBytes, maxBacklogMessages } =
      this.#options;
    const name = nameOf(worker);
    const outbox = new PrimaryOutbox({
      maxBacklogBytes,
      maxBacklogMessages,
      send: (message, callback) => send(worker, message, callback),
      onOverflow: (lost) => {
        warnOnce(
          `${workerText(name)} does not read its messages, or far too slowly: its backlog has passed a limit of setupPrimary() ` +
            `(maxBacklogBytes: ${maxBacklogBytes}, maxBacklogMessages: ${maxBacklogMessages}) and was discarded`,
        );
        announcer.announce("overflow", { worker: name, ...lost });
        this.#removeNodes(peer).forEach((node) => {
          peer.dropped.set(node.uid, node);
        });
      },
      onResume: () => {
        announcer.announce("resume", { worker: name });
        // what it was told of the end of others was discarded, too
        const nodes = this.#peers.uids;
        peer.outbox.push(controlMessage("greet", { nodes }));
        if (this.#negotiation.wire === "ordered") {
          // its clients have missed something: let them return for it, once its nodes can be answered [R6]
          this.#negotiation.tell(peer, "reset");
        }
      },
    });
    const peer = new Peer(name, outbox, wire, this.#options.clock.now());
    this.#peers.add(worker, peer);
    if (wire === "unknown") {
      this.#negotiation.choose();
    }
    return peer;
  }

  #relayPlain(peer: Peer, message: Envelope): void {
    if (isSignOfLife(message.type) && !peer.outbox.isOpen) {
      // it does not read, and greets when it does
      return;
    }
    this.#learn(peer, message);
    if (message.requesterUid === EMITTER_UID && isPlainMessage(message)) {
      this.speaker.onAnswer(message);
    }
    const section = this.#inOrder(message);
    if (section === undefined) {
      this.#recipients(peer, message).forEach(({ outbox }) =>
        outbox.push(message),
      );
    } else {
      this.#frames.passOnNumbered(section, peer);
    }
  }

  /** A worker that has just come does not know of the order yet: what it sends takes its place there all the same. [R4] */
  #inOrder(message: Envelope): Buffer | undefined {
    if (
      this.#negotiation.wire !== "ordered" ||
      !isPlainMessage(message) ||
      message.type !== MessageType.BROADCAST
    ) {
      return undefined;
    }
    try {
      return this.speaker.inOrder(message);
    } catch (error) {
      debug("an event takes no place in the order: %s", errorName(error));
      this.#ordering.recovery.skip();
      return undefined;
    }
  }

  /** The nodes of a worker that cannot be reached are gone, and the others hear it from here. */
  #removeNodes(peer: Peer): NodeName[] {
    const nodes = this.#peers.removeNodes(peer);
    for (const node of nodes) {
      debug("the node %s is gone", node.uid);
      this.#onNodeGone(peer, node);
    }
    this.#sayGoodbye(nodes);
    return nodes;
  }

  #sayGoodbye(nodes: Iterable<NodeName>): void {
    for (const { uid, nsp } of nodes) {
      for (const { outbox } of this.#peers.all()) {
        outbox.push(adapterClose(uid, nsp));
      }
    }
  }

  #onNodeGone({ name }: Peer, { uid, nsp }: NodeName): void {
    this.#ordering.recovery.onNodeGone(uid);
    this.speaker.onNodeGone(uid);
    this.#options.announcer.announce("nodeLeave", { uid, nsp, worker: name });
  }

  #learn(peer: Peer, message: Envelope): void {
    const { uid, nsp } = message;
    const owner = this.#peers.ownerOf(uid);
    if (message.type === MessageType.ADAPTER_CLOSE) {
      if (owner !== undefined) {
        this.#peers.removeNode(uid);
        this.#onNodeGone(owner, { uid, nsp });
      }
    } else if (
      uid !== EMITTER_UID &&
      owner !== peer &&
      mayJoin(peer, message)
    ) {
      this.#peers.addNode(peer, { uid, nsp, recovers: false });
      const worker = peer.name;
      this.#options.announcer.announce("nodeJoin", { uid, nsp, worker });
    }
    if (isMembership(message.type)) {
      this.#negotiation.learn(peer, message);
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

/**
 * Whether a node that is not known joins by that message. What comes from one that should have greeted, its worker has sent
 * before it was taken out.
 */
function mayJoin(peer: Peer, { type, uid }: Envelope): boolean {
  return peer.outbox.isOpen && (isMembership(type) || !peer.greets(uid));
}
