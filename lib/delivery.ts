/**
 * Encoded packets -> the clients of this process.
 */
import {
  Adapter,
  type BroadcastOptions,
  type ClusterAdapter,
  type Room,
} from "socket.io-adapter";
import {
  isText,
  type EncodedPacket,
  type PacketEncoder,
} from "./packet-encoder";
import { internals, type Socket } from "./socket-io";
import { textFrame } from "./wire/ws-frame";

const { broadcast } = Adapter.prototype;

export class Delivery {
  readonly #adapter: ClusterAdapter;
  readonly #encoder: PacketEncoder;

  constructor(adapter: ClusterAdapter, encoder: PacketEncoder) {
    this.#adapter = adapter;
    this.#encoder = encoder;
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

  /** Writes a packet to the clients that the options select, as the in-memory adapter does. */
  deliver(encoded: EncodedPacket, opts: BroadcastOptions): void {
    if (Adapter.prototype.broadcast !== broadcast) {
      // uWebSockets.js has put its own in place, which is faster there
      this.#encoder.expect(encoded);
      Adapter.prototype.broadcast.call(this.#adapter, encoded.packet, opts);
      return;
    }
    if (!this.concerns(opts)) {
      return;
    }
    const { rooms, except, flags } = opts;
    const packetOpts = {
      preEncoded: true,
      volatile: flags?.volatile,
      compress: flags?.compress,
      // whoever has a WebSocket without compression gets these bytes as they are
      wsPreEncodedFrame: frameOf(encoded),
    };
    if (rooms.size > 1 || (except !== undefined && except.size > 0)) {
      internals(this.#adapter).apply(opts, (socket) =>
        write(socket, encoded, packetOpts),
      );
      return;
    }
    // nobody can be selected twice, or left out
    const { nsp, sids, rooms: known } = this.#adapter;
    const ids =
      rooms.size === 0
        ? sids.keys()
        : known.get(rooms.values().next().value as Room)!;
    for (const id of ids) {
      const socket: Socket | undefined = nsp.sockets.get(id);
      if (socket) {
        write(socket, encoded, packetOpts);
      }
    }
  }

  /** As `deliver()`, and asks each of them for an acknowledgement. */
  deliverWithAck(
    encoded: EncodedPacket,
    opts: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (response: unknown) => void,
  ): void {
    this.#encoder.expect(encoded);
    Adapter.prototype.broadcastWithAck.call(
      this.#adapter,
      encoded.packet,
      opts,
      onClientCount,
      onAck,
    );
  }
}

function write(
  socket: Socket,
  { packet, parts }: EncodedPacket,
  packetOpts: object,
): void {
  socket.notifyOutgoingListeners?.(packet);
  socket.client.writeToEngine(parts, packetOpts);
}

function frameOf({ parts, textFrame: known }: EncodedPacket) {
  return isText(parts) ? [known ?? textFrame(parts[0])] : undefined;
}
