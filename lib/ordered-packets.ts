/**
 * Broadcasts where all workers share one order: what can be recovered goes to the primary, and reaches the clients of
 * this node, too, when it comes back with its number. Each event ends in an offset. [R1, R2]
 */
import type {
  BroadcastOptions,
  ClusterAdapter,
  Room,
  SocketId,
} from "socket.io-adapter";
import type { Delivery } from "./delivery";
import { EchoQueue, type Pins, type WaitingPacket } from "./echo-queue";
import {
  EncodedEvent,
  isText,
  partsOf,
  type EncodedPacket,
  type PacketEncoder,
} from "./packet-encoder";
import { errorMessage, protocolError } from "./errors";
import { EVENT, type Packet } from "./socket-io";
import { warnOnce } from "./warnings";
import { readWritten, type PacketFrame } from "./wire/frame-reader";
import {
  FrameWriter,
  type Origin,
  type WrittenPacket,
} from "./wire/frame-writer";
import type { OffsetPlace, Part } from "./wire/frames";
import { formatOffset, newPlaceholder, type Offset } from "./wire/offsets";
import { asBuffer } from "./wire/views";
import type { Link } from "./worker/link";

const PLACEHOLDER = newPlaceholder();
// how the default parser ends an event without binary data
const ENDING = `${PLACEHOLDER}"]`;
const AT_THE_END: OffsetPlace = { part: 0, tail: ENDING.length };
// for what no other process gets
const localWriter = new FrameWriter();
const NOWHERE: Offset = { epoch: "------", number: 0 };

/** An event, encoded with room for its offset. */
interface Blank {
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
      this.#addLocal(opts, (pins) =>
        this.#delivery.deliver(encoded, opts, pins),
      );
      return;
    }
    const { parts, place } = this.#encode(packet);
    const written = opts.flags?.local
      ? this.#writeLocal(origin, opts, parts, place)
      : this.#link.sendOrdered(
          origin,
          opts,
          parts,
          place,
          !opts.flags?.volatile,
        );
    this.#queue.add(new WaitingEvent(this, opts, written));
  }

  /** Delivers a broadcast with acknowledgements when all that was sent before is delivered. */
  broadcastWithAck(
    encoded: EncodedPacket,
    opts: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (response: unknown) => void,
  ): void {
    this.#addLocal(opts, (pins) =>
      this.#delivery.deliverWithAck(encoded, opts, onClientCount, onAck, pins),
    );
  }

  /** A packet of the ordered wire has arrived, which may be one of this node. */
  onFrame(isOwn: boolean, frame: PacketFrame): void {
    const { ref, opts } = frame;
    if (isOwn && ref !== undefined && this.#queue.onEcho(ref, frame)) {
      return;
    }
    if (this.#delivery.concerns(opts)) {
      this.#delivery.deliver(this.read(frame), opts);
    }
  }

  /** Delivers an event of this node. */
  deliver(
    event: WaitingEvent,
    echo: PacketFrame | undefined,
    pins: Pins | undefined,
  ): void {
    const { opts } = event;
    if (pins?.meant.length || this.#delivery.concerns(opts)) {
      const encoded =
        echo === undefined ? this.#readWritten(event) : this.read(echo);
      this.#delivery.deliver(encoded, opts, pins);
    }
  }

  deliverTo(id: SocketId, event: WaitingEvent): void {
    this.#delivery.deliverTo(id, this.#readWritten(event), event.opts);
  }

  /**
   * A frame that has its offset, ready for the clients of this node.
   *
   * @throws {ClusterAdapterError} `ERR_PROTOCOL`
   */
  read(frame: PacketFrame): EncodedPacket {
    const { nsp } = this.#adapter;
    if (frame.hasPlace) {
      return EncodedEvent.of(nsp, frame);
    }
    // one that is given late has been overtaken by others
    const number = frame.ref === undefined ? undefined : frame.number;
    const args = frame.readArguments();
    return args === undefined
      ? this.#encodeAgain(EncodedEvent.of(nsp, frame), number)
      : this.#withOffset(args, number);
  }

  /** For whom a packet is that has come back and is not delivered yet, whatever their rooms say by now. */
  pinsOf(ref: number): Pins | undefined {
    return this.#queue.pinsOf(ref);
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

  /** What asks for acknowledgements waits for those before it, and is never given later than that. */
  #addLocal(
    opts: BroadcastOptions,
    deliver: (pins: Pins | undefined) => void,
  ): void {
    this.#queue.add({
      opts,
      ref: undefined,
      moved: undefined,
      deliver: (_, pins) => deliver(pins),
      // the answer of a socket that disconnects would come too late
      deliverTo: () => {},
    });
  }

  #encode(packet: Packet): Blank {
    packet.data.push(PLACEHOLDER);
    let parts: readonly Part[];
    try {
      parts = partsOf(this.#encoder.prepare(packet).parts);
    } finally {
      packet.data.pop();
    }
    const place = findPlace(parts);
    return place === undefined
      ? { parts: partsOf(this.#encoder.prepare(packet).parts), place }
      : { parts, place };
  }

  #writeLocal(
    origin: Origin,
    opts: BroadcastOptions,
    parts: readonly Part[],
    place: OffsetPlace | undefined,
  ): WrittenPacket {
    const written = localWriter.writeOrdered(origin, opts, parts, place, false);
    localWriter.take();
    return written;
  }

  /** An event that has no offset of its own gets that of what was delivered last. */
  #readWritten({ written }: WaitingEvent): EncodedPacket {
    const frame = readWritten(written);
    frame.stamp(this.#link.position ?? NOWHERE);
    return this.read(frame);
  }

  /** Where the parser has left no place for an offset: clients get the bytes without one if it cannot read them. */
  #encodeAgain(event: EncodedEvent, number?: number): EncodedPacket {
    try {
      return this.#withOffset(event.data, number);
    } catch (error) {
      warnOnce(`an event has no offset: ${errorMessage(error)}`);
      return event;
    }
  }

  #withOffset(data: readonly unknown[], number?: number): EncodedPacket {
    try {
      return this.#encoder.prepare({
        type: EVENT,
        data: [...data, this.offset(number)],
      });
    } catch (error) {
      throw protocolError(
        "W13",
        `an event cannot be encoded: ${errorMessage(error)}`,
      );
    }
  }

  /** @param number - that of the packet that was delivered last, if it has none of its own */
  offset(number?: number): string {
    const position = this.#link.position ?? NOWHERE;
    return formatOffset(
      number === undefined ? position : { epoch: position.epoch, number },
    );
  }
}

/** An event of this node. There may be many: it has no more than what it needs. */
class WaitingEvent implements WaitingPacket {
  moved: Map<SocketId, boolean> | undefined = undefined;
  readonly opts: BroadcastOptions;
  readonly written: WrittenPacket;
  readonly #packets: OrderedPackets;

  constructor(
    packets: OrderedPackets,
    opts: BroadcastOptions,
    written: WrittenPacket,
  ) {
    this.#packets = packets;
    this.opts = isForEveryone(opts) ? FOR_EVERYONE : opts;
    this.written = written;
  }

  get ref(): number | undefined {
    return this.written.ref;
  }

  deliver(echo: PacketFrame | undefined, pins: Pins | undefined): void {
    this.#packets.deliver(this, echo, pins);
  }

  deliverTo(id: SocketId): void {
    this.#packets.deliverTo(id, this);
  }
}

const FOR_EVERYONE: BroadcastOptions = { rooms: new Set(), flags: {} };

function isForEveryone({ rooms, except, flags }: BroadcastOptions): boolean {
  return (
    rooms.size === 0 &&
    (except === undefined || except.size === 0) &&
    flags?.volatile === undefined &&
    flags?.compress === undefined
  );
}

function findPlace(parts: readonly Part[]): OffsetPlace | undefined {
  if (isText(parts) && parts[0].endsWith(ENDING)) {
    return AT_THE_END;
  }
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
