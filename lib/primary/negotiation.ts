/**
 * Which wire the cluster speaks: what each worker offers, and what the primary chooses for all of them. The rules cited as
 * [W…] stand in docs/protocol.md.
 */
import { MessageType } from "socket.io-adapter";
import type { Clock } from "../clock";
import { debugPrimary as debug } from "../debug";
import { warnOnce } from "../warnings";
import {
  controlMessage,
  readOffer,
  type Control,
  type RecoverySettings,
  type Wire,
} from "../wire/fast";
import type { Offset } from "../wire/offsets";
import { EMITTER_UID, type Envelope } from "../wire/plain";
import { workerText } from "./events";
import type { Peer, Peers } from "./peers";

// how long a worker that was found may take to greet, in ms: one of 0.3.0 that is idle has a heartbeat every 5 s
const PATIENCE = 10_000;

export interface NegotiationOptions {
  readonly peers: Peers<unknown>;
  readonly clock: Clock;
  /** The last packet of the total order. */
  readonly position: () => Offset;
  /** A node has connection state recovery on. */
  readonly onRecovery: (settings: RecoverySettings) => void;
  /** The cluster is about to speak in another way. */
  readonly onChange: (wire: Wire, previous: Wire) => void;
}

export class Negotiation {
  readonly #options: NegotiationOptions;
  #wire: Wire = "plain";

  constructor(options: NegotiationOptions) {
    this.#options = options;
  }

  get wire(): Wire {
    return this.#wire;
  }

  /** Learns from a greeting, a heartbeat or a goodbye what a worker speaks. */
  learn(peer: Peer, message: Envelope): void {
    const { wire: before } = peer;
    const offer = readOffer(message);
    const isLeaving = message.type === MessageType.ADAPTER_CLOSE;
    peer.learnWire(message.uid, offer, isLeaving);
    const isNew = before !== peer.wire;
    if (isNew) {
      debug("a worker speaks the %s wire", peer.wire);
      if (before === "fast") {
        // another node of the worker, which does not speak it
        this.tell(peer, "plain");
      }
    }
    if (!isLeaving) {
      this.#learnRecovery(peer, message, offer?.recovery);
    }
    if (this.choose()) {
      return;
    }
    // its link may be a new one, or have missed what was said before; another primary side may have told it otherwise
    const isGreeting = message.type === MessageType.INITIAL_HEARTBEAT;
    if (offer !== undefined && (isNew || isGreeting)) {
      this.tell(peer, this.#wire);
    }
  }

  /** Chooses the wire that all who have a node speak; returns whether that is a change. [W3] */
  choose(): boolean {
    const wire = this.#bestWire();
    const { peers } = this.#options;
    this.#warnOfObstacle(wire);
    if (wire === this.#wire) {
      return false;
    }
    debug("the cluster speaks the %s wire", wire);
    const previous = this.#wire;
    this.#wire = wire;
    this.#options.onChange(wire, previous);
    for (const peer of peers.all()) {
      if (peer.wire === "fast") {
        this.tell(peer, wire);
      }
    }
    return true;
  }

  tell(peer: Peer, control: Control): void {
    if (control === "ordered") {
      const order = this.#options.position();
      if (peer.epoch !== order.epoch) {
        peer.epoch = order.epoch;
        peer.progress = order.number;
      }
      peer.outbox.push(controlMessage(control, { order }));
    } else {
      peer.outbox.push(controlMessage(control));
    }
  }

  #learnRecovery(
    peer: Peer,
    { uid, nsp }: Envelope,
    settings: RecoverySettings | undefined,
  ): void {
    if (uid !== EMITTER_UID) {
      const recovers = settings !== undefined;
      this.#options.peers.addNode(peer, { uid, nsp, recovers });
    }
    if (settings !== undefined) {
      this.#options.onRecovery(settings);
    }
  }

  #bestWire(): Wire {
    const { peers } = this.#options;
    for (const { wire } of peers.all()) {
      if (wire !== "fast" && wire !== "silent") {
        return "plain";
      }
    }
    const { nodeCount, recovererCount } = peers;
    // where nobody is there, somebody may come who goes on
    const isOrdered = nodeCount > 0 || this.#wire === "ordered";
    return isOrdered && recovererCount === nodeCount ? "ordered" : "fast";
  }

  /** Time has passed. */
  tick(): void {
    this.#warnOfObstacle(this.#wire);
  }

  #warnOfObstacle(wire: Wire): void {
    const { peers, clock } = this.#options;
    if (wire === "ordered" || peers.recovererCount === 0) {
      return;
    }
    for (const peer of peers.all()) {
      const obstacle = obstacleOf(peer, clock.now());
      if (obstacle !== undefined) {
        const worker = workerText(peer.name);
        warnOnce(
          `connectionStateRecovery recovers nobody: ${worker} ${obstacle}`,
        );
        return;
      }
    }
  }
}

/** Why there is no order as long as that worker is there. */
function obstacleOf(
  { wire, since, nodes }: Peer,
  now: number,
): string | undefined {
  if (wire === "plain") {
    return "speaks the messages of version 0.3.0";
  }
  if (wire === "unknown" && now - since > PATIENCE) {
    return "was there before setupPrimary() was called, and has not greeted since: it may speak the messages of version 0.3.0";
  }
  return Array.from(nodes.values()).some(({ recovers }) => !recovers)
    ? "has a server on which it is off"
    : undefined;
}
