/**
 * Encoded packets -> the clients of this process.
 */
import {
  Adapter,
  type BroadcastOptions,
  type ClusterAdapter,
  type Room,
  type SocketId,
} from "socket.io-adapter";
import type { Pins } from "./echo-queue";
import { isProtocolError } from "./errors";
import {
  isText,
  type EncodedPacket,
  type PacketEncoder,
} from "./packet-encoder";
import { internals, type Socket } from "./socket-io";
import { warnOnce } from "./warnings";
import { textFrame } from "./wire/ws-frame";

const { broadcast } = Adapter.prototype;

export class Delivery {
  readonly #adapter: ClusterAdapter;
  readonly #encoder: PacketEncoder;
  readonly #recovers: boolean;

  /** @param recovers - whether clients may return to the node, and be connected again with the rooms that they had */
  constructor(
    adapter: ClusterAdapter,
    encoder: PacketEncoder,
    recovers: boolean,
  ) {
    this.#adapter = adapter;
    this.#encoder = encoder;
    this.#recovers = recovers;
  }

  /** Whether one of the clients may be meant. */
  concerns({ rooms }: BroadcastOptions): boolean {
    const { sids, rooms: known } = this.#adapter;
    if (rooms.size === 0) {
      return sids.size > 0;
    }
    for (const room of rooms) {
      if (known.has(room)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Writes a packet to the clients that the options select.
   *
   * @param pins - the clients of which it is known whether they are meant
   */
  deliver(encoded: EncodedPacket, opts: BroadcastOptions, pins?: Pins): void {
    if (Adapter.prototype.broadcast !== broadcast && !this.#recovers) {
      // uWebSockets.js has put its own in place, which is faster there, and does not reach those who have returned
      this.#encoder.expect(encoded);
      Adapter.prototype.broadcast.call(this.#adapter, encoded.packet, opts);
      return;
    }
    if (pins === undefined && !this.concerns(opts)) {
      return;
    }
    const packetOpts = optionsFor(encoded, opts);
    this.#select(opts, pins, (socket) => write(socket, encoded, packetOpts));
  }

  /** As `deliver()`, and asks each of them for an acknowledgement, by the id that the packet has. */
  deliverWithAck(
    encoded: EncodedPacket,
    opts: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (response: unknown) => void,
    pins?: Pins,
  ): void {
    const packetOpts = optionsFor(encoded, opts);
    let clientCount = 0;
    this.#select(opts, pins, (socket) => {
      clientCount++;
      socket.acks.set(encoded.packet.id as number, onAck);
      write(socket, encoded, packetOpts);
    });
    onClientCount(clientCount);
  }

  /** Writes a packet to one client. */
  deliverTo(
    id: SocketId,
    encoded: EncodedPacket,
    opts: BroadcastOptions,
  ): void {
    const socket = this.#socket(id);
    if (socket) {
      write(socket, encoded, optionsFor(encoded, opts));
    }
  }

  #select(
    opts: BroadcastOptions,
    pins: Pins | undefined,
    callback: (socket: Socket) => void,
  ): void {
    const { rooms, except } = opts;
    if (
      pins !== undefined ||
      rooms.size > 1 ||
      (except !== undefined && except.size > 0)
    ) {
      this.#selectAmong(opts, pins, callback);
      return;
    }
    // nobody can be selected twice, or left out
    const { sids, rooms: known } = this.#adapter;
    const ids =
      rooms.size === 0
        ? sids.keys()
        : (known.get(rooms.values().next().value as Room) ?? []);
    for (const id of ids) {
      const socket = this.#socket(id);
      if (socket) {
        callback(socket);
      }
    }
  }

  #selectAmong(
    opts: BroadcastOptions,
    pins: Pins | undefined,
    callback: (socket: Socket) => void,
  ): void {
    internals(this.#adapter).apply(opts, (socket) => {
      if (pins?.get(socket.id) === undefined) {
        callback(socket);
      }
    });
    pins?.meant.forEach((id) => {
      const socket = this.#socket(id);
      if (socket) {
        callback(socket);
      }
    });
  }

  #socket(id: SocketId): Socket | undefined {
    return this.#adapter.nsp.sockets.get(id) as Socket | undefined;
  }
}

/** What Engine.IO is told of a packet. */
function optionsFor(
  encoded: EncodedPacket,
  { flags }: BroadcastOptions,
): object {
  return {
    preEncoded: true,
    volatile: flags?.volatile,
    compress: flags?.compress,
    // whoever has a WebSocket without compression gets these bytes as they are
    wsPreEncodedFrame: frameOf(encoded),
  };
}

function write(
  socket: Socket,
  { packet, parts }: EncodedPacket,
  packetOpts: object,
): void {
  try {
    socket.notifyOutgoingListeners?.(packet);
  } catch (error) {
    if (!isProtocolError(error)) {
      throw error;
    }
    warnOnce(
      `a packet of another worker was kept from the listeners for outgoing packets: ${error.message}`,
    );
  }
  socket.client.writeToEngine(parts, packetOpts);
}

function frameOf({ parts, textFrame: known }: EncodedPacket) {
  return isText(parts) ? [known ?? textFrame(parts[0])] : undefined;
}
