/**
 * Broadcasts where all workers share one order: what can be recovered goes to the primary, and reaches the clients of
 * this node, too, when it comes back with its number. Each event ends in an offset.
 */
import type {
  BroadcastOptions,
  ClusterAdapter,
  Room,
  SocketId,
} from "socket.io-adapter";
import type { Delivery } from "./delivery";
import { EchoQueue, type Pins } from "./echo-queue";
import {
  partsOf,
  ReceivedPacket,
  type EncodedPacket,
  type PacketEncoder,
} from "./packet-encoder";
import type { Packet } from "./socket-io";
import type { PacketFrame } from "./wire/frame-reader";
import type { Origin } from "./wire/frame-writer";
import type { OffsetPlace, Part } from "./wire/frames";
import {
  formatOffset,
  newPlaceholder,
  OFFSET_LENGTH,
  type Offset,
} from "./wire/offsets";
import type { Link } from "./worker/link";

const EVENT = 2;
const MAX_REF = 2 ** 32;
const PLACEHOLDER = newPlaceholder();
const NOWHERE: Offset = { epoch: "------", number: 0 };

/** An event, encoded with room for its offset. */
interface Blank {
  readonly packet: Packet;
  readonly parts: readonly Part[];
  /** `undefined` if the parser has made it unrecognizable. */
  readonly place: OffsetPlace | undefined;
}

export class OrderedPackets {
  readonly #adapter: ClusterAdapter;
  readonly #link: Link;
  readonly #encoder: PacketEncoder;
  readonly #delivery: Delivery;
  readonly #queue = new EchoQueue();
  #nextRef = 0;

  constructor(
    adapter: ClusterAdapter,
    link: Link,
    encoder: PacketEncoder,
    delivery: Delivery,
  ) {
    this.#adapter = adapter;
    this.#link = link;
    this.#encoder = encoder;
    this.#delivery = delivery;
  }

  /** @throws what the parser of the server throws */
  broadcast(origin: Origin, packet: Packet, opts: BroadcastOptions): void {
    if (packet.type !== EVENT || packet.id !== undefined) {
      // one socket is asked for an acknowledgement: nobody else can take the answer
      const encoded = this.#encoder.prepare(packet);
      this.#deliverInTurn(opts, () => encoded);
      return;
    }
    const blank = this.#encode(packet);
    const { parts, place } = blank;
    if (opts.flags?.local || opts.flags?.volatile) {
      if (!opts.flags.local) {
        const order = { ref: undefined, place };
        this.#link.sendPacket(origin, opts, undefined, parts, order);
      }
      this.#deliverInTurn(opts, () => this.#complete(blank));
      return;
    }
    const ref = this.#nextRef;
    this.#nextRef = (ref + 1) % MAX_REF;
    this.#link.sendPacket(origin, opts, undefined, parts, { ref, place });
    const fill = (echo: PacketFrame | undefined) =>
      echo === undefined ? this.#complete(blank) : this.#adopt(echo, packet);
    this.#queue.add({
      opts,
      ref,
      deliver: (echo, pins) => this.#delivery.deliver(fill(echo), opts, pins),
      deliverTo: (id) => this.#delivery.deliverTo(id, fill(undefined), opts),
    });
  }

  /** Delivers a broadcast with acknowledgements when all that was sent before is delivered. */
  broadcastWithAck(
    encoded: EncodedPacket,
    opts: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (response: unknown) => void,
  ): void {
    const deliver = (pins: Pins | undefined) =>
      this.#delivery.deliverWithAck(encoded, opts, onClientCount, onAck, pins);
    this.#queue.add({
      opts,
      ref: undefined,
      deliver: (_, pins) => deliver(pins),
      // its answer would come too late
      deliverTo: () => {},
    });
  }

  /** A packet of the ordered wire has arrived, which may be one of this node. */
  onFrame(isOwn: boolean, frame: PacketFrame): void {
    const { ref, opts } = frame;
    if (isOwn && ref !== undefined && this.#queue.onEcho(ref, frame)) {
      return;
    }
    if (this.#delivery.concerns(opts)) {
      this.#delivery.deliver(this.#adopt(frame), opts);
    }
  }

  /** A frame, ready for the clients of this node. */
  read(frame: PacketFrame): EncodedPacket {
    return this.#adopt(frame);
  }

  /** A socket is about to join or leave rooms. */
  onRoomsChange(id: SocketId, changed: Iterable<Room>): void {
    if (!this.#queue.isEmpty) {
      this.#queue.pin(id, this.#adapter.sids.get(id), changed);
    }
  }

  /** A socket is about to disconnect for good: it gets what was sent before. */
  flushTo(id: SocketId): void {
    this.#queue.flushTo(id, this.#adapter.sids.get(id));
  }

  /** Nothing comes back any more: own clients get what waits. */
  settle(): void {
    this.#queue.settle();
  }

  /** Own clients are about to return for what they have missed. */
  clear(): void {
    this.#queue.clear();
  }

  #deliverInTurn(opts: BroadcastOptions, read: () => EncodedPacket): void {
    this.#queue.add({
      opts,
      ref: undefined,
      deliver: (_, pins) => this.#delivery.deliver(read(), opts, pins),
      deliverTo: (id) => this.#delivery.deliverTo(id, read(), opts),
    });
  }

  #encode(packet: Packet): Blank {
    const { length } = packet.data;
    packet.data.push(PLACEHOLDER);
    try {
      const parts = partsOf(this.#encoder.prepare(packet).parts);
      const place = findPlace(parts);
      if (place !== undefined) {
        return { packet, parts, place };
      }
    } catch (error) {
      packet.data.length = length;
      throw error;
    }
    packet.data.length = length;
    const { parts } = this.#encoder.prepare(packet);
    return { packet, parts: partsOf(parts), place: undefined };
  }

  /** With the offset of what was delivered last: the packet has none of its own. */
  #complete({ packet, parts, place }: Blank): EncodedPacket {
    const offset = formatOffset(this.#link.position ?? NOWHERE);
    if (place === undefined) {
      return this.#encoder.prepare(withOffset(packet, offset));
    }
    packet.data[packet.data.length - 1] = offset;
    return { packet, parts: fillPlace(parts, place, offset) };
  }

  /** @param own - the packet, if it is one of this node: it need not be decoded then */
  #adopt(frame: PacketFrame, own?: Packet): EncodedPacket {
    const position = this.#link.position ?? NOWHERE;
    const received = new ReceivedPacket(this.#adapter.nsp, frame);
    if (!frame.hasPlace && frame.requestId === undefined) {
      const packet = own ?? { type: EVENT, data: received.data };
      return this.#encoder.prepare(withOffset(packet, formatOffset(position)));
    }
    if (own === undefined) {
      return received;
    }
    own.data[own.data.length - 1] = formatOffset(position);
    const { parts, textFrame } = received;
    return { packet: own, parts, textFrame };
  }
}

function withOffset(packet: Packet, offset: string): Packet {
  return { ...packet, data: [...packet.data, offset] };
}

function findPlace(parts: readonly Part[]): OffsetPlace | undefined {
  for (const [index, part] of parts.entries()) {
    if (typeof part === "string") {
      const at = part.lastIndexOf(PLACEHOLDER);
      if (at >= 0) {
        return { part: index, tail: Buffer.byteLength(part.slice(at)) };
      }
    } else {
      const bytes = asBuffer(part);
      const at = bytes.lastIndexOf(PLACEHOLDER, undefined, "latin1");
      if (at >= 0) {
        return { part: index, tail: bytes.length - at };
      }
    }
  }
  return undefined;
}

function fillPlace(
  parts: readonly Part[],
  place: OffsetPlace,
  offset: string,
): Part[] {
  return parts.map((part, index) => {
    if (index !== place.part) {
      return part;
    }
    if (typeof part === "string") {
      const at = part.lastIndexOf(PLACEHOLDER);
      return part.slice(0, at) + offset + part.slice(at + OFFSET_LENGTH);
    }
    const bytes = Buffer.from(part);
    bytes.write(offset, bytes.length - place.tail, "latin1");
    return bytes;
  });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
