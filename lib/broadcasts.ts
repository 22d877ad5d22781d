/**
 * The broadcasts of a node and those of the others, by whatever wire they travel.
 */
import {
  type BroadcastOptions,
  type ClusterAdapter,
  type ClusterResponse,
  MessageType,
  type ServerId,
} from "socket.io-adapter";
import { AckRequest } from "./ack-request";
import { AckRequests } from "./ack-requests";
import { Delivery } from "./delivery";
import { IncomingPackets, type Respond } from "./incoming-packets";
import { NodeRecovery } from "./node-recovery";
import { OutgoingPackets, type PlainBroadcast } from "./outgoing-packets";
import { PacketEncoder } from "./packet-encoder";
import { internals, onNodeRemoved, type Packet } from "./socket-io";
import type { PacketFrame } from "./wire/frame-reader";
import type { Origin } from "./wire/frame-writer";
import type { Broadcast } from "./wire/plain";
import type { Link } from "./worker/link";
import type { Node } from "./worker/node-registry";

export interface BroadcastsOptions {
  readonly adapter: ClusterAdapter;
  readonly node: Node;
  readonly link: Link;
  /** How long to wait for acknowledgements where nobody says so, in ms. */
  readonly requestsTimeout: number;
  /** How often the data of sockets is looked at, in ms. */
  readonly reportInterval: number;
  /** Sends a message on the plain wire. */
  readonly publish: (message: PlainBroadcast) => void;
  readonly respond: Respond;
  readonly nextRequestId: () => string;
}

export class Broadcasts {
  /** Only where the server has connection state recovery on. */
  readonly recovery: NodeRecovery | undefined;
  readonly #options: BroadcastsOptions;
  readonly #encoder: PacketEncoder;
  readonly #delivery: Delivery;
  readonly #incoming: IncomingPackets;
  readonly #outgoing: OutgoingPackets;
  readonly #ackRequests: AckRequests;

  constructor(options: BroadcastsOptions) {
    const { adapter, node, link, reportInterval, publish, respond } = options;
    this.#options = options;
    const encoder = PacketEncoder.install(adapter);
    const recovers = node.recovery !== undefined;
    const delivery = new Delivery(adapter, encoder, recovers);
    this.#encoder = encoder;
    this.#delivery = delivery;
    this.#outgoing = new OutgoingPackets(link, encoder, publish);
    this.#incoming = new IncomingPackets(adapter, encoder, delivery, respond);
    this.#ackRequests = new AckRequests(adapter);
    onNodeRemoved(adapter, (uid) => this.#ackRequests.onNodeRemoved(uid));
    this.recovery =
      node.recovery &&
      new NodeRecovery({
        adapter,
        node,
        link,
        encoder,
        delivery,
        reportInterval,
      });
  }

  /**
   * @param origin - who is said to have sent it
   * @throws what the parser of the server throws; {ClusterAdapterError} `ERR_NOT_SENDABLE`
   */
  send(origin: Origin, packet: Packet, opts: BroadcastOptions): void {
    if (this.recovery?.isActive) {
      this.recovery.broadcast(origin, packet, opts);
      return;
    }
    const encoded = this.#encoder.prepare(packet);
    if (!opts.flags?.local) {
      this.#outgoing.send(origin, encoded, opts);
    }
    this.#delivery.deliver(encoded, opts);
  }

  /**
   * @param origin - who is said to have sent it; `undefined` if nobody waits for others any more
   * @throws what the parser of the server throws; {ClusterAdapterError} `ERR_NOT_SENDABLE`
   */
  sendWithAck(
    origin: Origin | undefined,
    packet: Packet,
    opts: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (response: unknown) => void,
  ): void {
    const { adapter, nextRequestId, requestsTimeout } = this.#options;
    const { nodesMap } = internals(adapter);
    const encoded = this.#encoder.prepare(packet, true);
    const requestId = nextRequestId();
    if (
      origin !== undefined &&
      !opts.flags?.local &&
      this.#outgoing.send(origin, encoded, opts, requestId)
    ) {
      this.#ackRequests.add(
        requestId,
        new AckRequest(nodesMap.keys(), onClientCount, onAck),
        opts.flags?.timeout ?? requestsTimeout,
      );
    } else {
      // Socket.IO waits for as many answers as there are servers
      nodesMap.forEach(() => onClientCount(0));
    }
    const local = this.recovery?.isActive ? this.recovery : this.#delivery;
    local.deliverWithAck(encoded, opts, onClientCount, onAck);
  }

  /** A packet of the fast wire has arrived. */
  onFrame(uid: ServerId, frame: PacketFrame): void {
    if (this.recovery?.isActive && frame.requestId === undefined) {
      this.recovery.onFrame(uid, frame);
    } else {
      this.#incoming.onFrame(uid, frame);
    }
  }

  /** A packet of the plain wire has arrived. */
  onMessage({ uid, data }: Broadcast): void {
    const packet = data.packet as Packet;
    // that of the message is for other servers of this process, too
    this.#incoming.onMessage(
      uid,
      this.recovery?.isActive && data.requestId === undefined
        ? { ...data, packet: this.recovery.withOffset(packet) }
        : data,
    );
  }

  /** Returns whether it was the answer to a broadcast. */
  onResponse({ uid, type, data }: ClusterResponse): boolean {
    switch (type) {
      case MessageType.BROADCAST_CLIENT_COUNT:
        this.#ackRequests.update(data.requestId, (request) =>
          request.onClientCount(uid, data.clientCount),
        );
        return true;
      case MessageType.BROADCAST_ACK:
        this.#ackRequests.update(data.requestId, (request) =>
          request.onAck(uid, data.packet),
        );
        return true;
      default:
        return false;
    }
  }
}
