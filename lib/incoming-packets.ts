/**
 * The broadcasts of other nodes, on their way to the clients of this one.
 */
import {
  MessageType,
  type BroadcastOptions,
  type ClusterAdapter,
  type ServerId,
} from "socket.io-adapter";
import type { Delivery } from "./delivery";
import { errorMessage } from "./errors";
import {
  EncodedEvent,
  type EncodedPacket,
  type PacketEncoder,
} from "./packet-encoder";
import { decodeOptions, EVENT, type Packet } from "./socket-io";
import { warnOnce } from "./warnings";
import type { PacketFrame } from "./wire/frame-reader";
import type { Broadcast } from "./wire/plain";

/** Answers a request of another node. */
export type Respond = (uid: ServerId, type: MessageType, data: object) => void;

export class IncomingPackets {
  readonly #adapter: ClusterAdapter;
  readonly #encoder: PacketEncoder;
  readonly #delivery: Delivery;
  readonly #respond: Respond;

  constructor(
    adapter: ClusterAdapter,
    encoder: PacketEncoder,
    delivery: Delivery,
    respond: Respond,
  ) {
    this.#adapter = adapter;
    this.#encoder = encoder;
    this.#delivery = delivery;
    this.#respond = respond;
  }

  /** A packet of the fast wire: its bytes go to the clients as they are, unless each of them is to answer. */
  onFrame(uid: ServerId, frame: PacketFrame): void {
    const { opts, requestId } = frame;
    if (!this.#delivery.concerns(opts)) {
      if (requestId !== undefined) {
        const data = { requestId, clientCount: 0 };
        this.#respond(uid, MessageType.BROADCAST_CLIENT_COUNT, data);
      }
      return;
    }
    const data = frame.readArguments();
    if (data === undefined && requestId === undefined) {
      const event = EncodedEvent.of(this.#adapter.nsp, frame);
      this.#delivery.deliver(event, opts);
      return;
    }
    const read = () => ({
      type: EVENT,
      data: data ?? this.#encoder.decode(frame.readParts()),
    });
    this.#encodeAndDeliver(uid, read, opts, requestId);
  }

  /** A packet of the plain wire. */
  onMessage(
    uid: ServerId,
    { packet, opts, requestId }: Broadcast["data"],
  ): void {
    const read = () => packet as Packet;
    this.#encodeAndDeliver(uid, read, decodeOptions(opts), requestId);
  }

  #encodeAndDeliver(
    uid: ServerId,
    read: () => Packet,
    opts: BroadcastOptions,
    requestId: string | undefined,
  ): void {
    const answer = (type: MessageType, value: object) =>
      this.#respond(uid, type, { requestId, ...value });

    let encoded: EncodedPacket;
    try {
      encoded = this.#encoder.prepare(read(), requestId !== undefined);
    } catch (error) {
      warnOnce(
        `a packet of another worker cannot be encoded here and was left out: ${errorMessage(error)}`,
      );
      if (requestId !== undefined) {
        answer(MessageType.BROADCAST_CLIENT_COUNT, { clientCount: 0 });
      }
      return;
    }
    if (requestId === undefined) {
      this.#delivery.deliver(encoded, opts);
      return;
    }
    this.#delivery.deliverWithAck(
      encoded,
      opts,
      (clientCount) =>
        answer(MessageType.BROADCAST_CLIENT_COUNT, { clientCount }),
      (response: unknown) =>
        answer(MessageType.BROADCAST_ACK, { packet: response }),
    );
  }
}
