/**
 * The broadcasts of other nodes, on their way to the clients of this one.
 */
import {
  Adapter,
  MessageType,
  type BroadcastOptions,
  type ClusterAdapter,
  type ClusterMessage,
  type Room,
  type ServerId,
} from "socket.io-adapter";
import { errorMessage } from "./errors";
import type { PacketEncoder } from "./packet-encoder";
import { decodeOptions, optionsOf, type Packet } from "./socket-io";
import { warnOnce } from "./warnings";
import type { PacketFrame } from "./wire/frame-reader";

type Broadcast = Extract<ClusterMessage, { type: MessageType.BROADCAST }>;

/** Answers a request of another node. */
type Respond = (uid: ServerId, type: MessageType, data: object) => void;

export class IncomingPackets {
  readonly #adapter: ClusterAdapter;
  readonly #encoder: PacketEncoder;
  readonly #respond: Respond;

  constructor(
    adapter: ClusterAdapter,
    encoder: PacketEncoder,
    respond: Respond,
  ) {
    this.#adapter = adapter;
    this.#encoder = encoder;
    this.#respond = respond;
  }

  /** A packet of the fast wire: its bytes go to the clients as they are, unless each of them is to answer. */
  onFrame(uid: ServerId, frame: PacketFrame): void {
    const { requestId } = frame;
    if (requestId !== undefined) {
      const read = () => ({ type: 2, data: this.#encoder.decode(frame.parts) });
      this.#deliver(uid, read, optionsOf(frame), requestId);
    } else if (this.#concerns(frame.rooms)) {
      const packet = this.#encoder.adopt(frame.parts);
      Adapter.prototype.broadcast.call(this.#adapter, packet, optionsOf(frame));
    }
  }

  /** A packet of the plain wire. */
  onMessage(
    uid: ServerId,
    { packet, opts, requestId }: Broadcast["data"],
  ): void {
    const read = () => packet as Packet;
    this.#deliver(uid, read, decodeOptions(opts), requestId);
  }

  /** Whether a client may be in one of the rooms. */
  #concerns(rooms: readonly Room[]): boolean {
    return rooms.length === 0
      ? this.#adapter.sids.size > 0
      : rooms.some((room) => this.#adapter.rooms.has(room));
  }

  #deliver(
    uid: ServerId,
    read: () => Packet,
    opts: BroadcastOptions,
    requestId: string | undefined,
  ): void {
    const answer = (type: MessageType, value: object) =>
      this.#respond(uid, type, { requestId, ...value });

    let packet: Packet;
    try {
      packet = read();
      this.#encoder.prepare(packet, requestId !== undefined);
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
      Adapter.prototype.broadcast.call(this.#adapter, packet, opts);
      return;
    }
    Adapter.prototype.broadcastWithAck.call(
      this.#adapter,
      packet,
      opts,
      (clientCount) =>
        answer(MessageType.BROADCAST_CLIENT_COUNT, { clientCount }),
      (response: unknown) =>
        answer(MessageType.BROADCAST_ACK, { packet: response }),
    );
  }
}
