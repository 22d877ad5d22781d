import type { BroadcastOptions, Room, SocketId } from "socket.io-adapter";
import { attempt } from "./warnings";
import type { PacketFrame } from "./wire/frame-reader";

/** For which sockets a packet is, whatever their rooms say by the time at which it is delivered. */
export interface Pins {
  /** Those that it is for. */
  readonly meant: readonly SocketId[];
  /** Whether it is for a socket; `undefined` if the rooms of the socket decide. */
  get(id: SocketId): boolean | undefined;
}

/** A packet of this node that its own clients have not received yet. */
export interface WaitingPacket {
  /** The sockets that have joined or left rooms since, and whether it is for them. */
  moved: Map<SocketId, boolean> | undefined;
  readonly opts: BroadcastOptions;
  /** The section with which it comes back from the primary; `undefined` if it waits for those before it only. */
  readonly ref: number | undefined;
  /** @param echo - as it came back; `undefined` if it never will */
  deliver(echo: PacketFrame | undefined, pins: Pins | undefined): void;
  /** Delivers it to one socket, which is about to disconnect. */
  deliverTo(id: SocketId): void;
}

// what was taken off is cut off in one go
const COMPACT_AT = 1_024;

/**
 * What this node has sent, in that order, until it has come back with a number. Its own clients receive it then: those
 * that were meant when it was sent. [R1, R3]
 */
export class EchoQueue {
  #packets: WaitingPacket[] = [];
  #head = 0;
  /** The place of the first packet of the list among all that have waited. */
  #first = 0;
  /**
   * The sockets that have connected while packets wait, or got those that wait, and the place from which on packets are for
   * them, in ascending order. There may be thousands of both.
   */
  #since = new Map<SocketId, number>();

  get isEmpty(): boolean {
    return this.#head === this.#packets.length;
  }

  /** Delivers a packet when it has come back, or when those before it have. */
  add(packet: WaitingPacket): void {
    if (packet.ref === undefined && this.isEmpty) {
      packet.deliver(undefined, undefined);
    } else {
      this.#packets.push(packet);
    }
  }

  /**
   * A packet has come back.
   *
   * @returns whether it was waited for
   */
  onEcho(ref: number, echo: PacketFrame): boolean {
    let isFound = false;
    for (;;) {
      const packet = this.#packets[this.#head];
      const known = packet?.ref;
      if (
        packet === undefined ||
        (known !== undefined && (isFound || isLater(known, ref)))
      ) {
        break;
      }
      const pins = this.#pinsAt(this.#head);
      this.#head++;
      // one that is older than what has come back never will
      isFound = isFound || known === ref;
      deliver(packet, known === ref ? echo : undefined, pins);
    }
    if (this.isEmpty || this.#head > COMPACT_AT) {
      this.#packets.splice(0, this.#head);
      this.#first += this.#head;
      this.#head = 0;
    }
    for (const [id, place] of this.#since) {
      if (place > this.#first + this.#head) {
        break;
      }
      this.#since.delete(id);
    }
    return isFound;
  }

  /** Of a packet that waits. */
  pinsOf(ref: number): Pins | undefined {
    for (let i = this.#head; i < this.#packets.length; i++) {
      if ((this.#packets[i] as WaitingPacket).ref === ref) {
        return this.#pinsAt(i);
      }
    }
    return undefined;
  }

  /** Nothing comes back any more: delivers all that waits. */
  settle(): void {
    const packets = this.#packets.slice(this.#head);
    const pins = packets.map((_, i) => this.#pinsAt(this.#head + i));
    this.clear();
    packets.forEach((packet, i) => deliver(packet, undefined, pins[i]));
  }

  clear(): void {
    this.#first += this.#packets.length;
    this.#packets = [];
    this.#head = 0;
    this.#since = new Map();
  }

  /**
   * The rooms of a socket are about to change: what was sent before is for it, or not, by those that it has now.
   *
   * @param rooms - those that it has, `undefined` if it is not connected yet
   * @param changed - those that it joins or leaves
   */
  pin(
    id: SocketId,
    rooms: ReadonlySet<Room> | undefined,
    changed: Iterable<Room>,
  ): void {
    if (rooms === undefined) {
      this.#beginWith(id);
      return;
    }
    for (let i = this.#startOf(id); i < this.#packets.length; i++) {
      const packet = this.#packets[i] as WaitingPacket;
      if (!packet.moved?.has(id) && concerns(packet.opts, changed)) {
        packet.moved = packet.moved ?? new Map<SocketId, boolean>();
        packet.moved.set(id, isFor(packet.opts, rooms));
      }
    }
  }

  /** A socket is about to disconnect for good: it gets what was sent before now, and not again. */
  flushTo(id: SocketId, rooms: ReadonlySet<Room> | undefined): void {
    for (let i = this.#startOf(id); i < this.#packets.length; i++) {
      const packet = this.#packets[i] as WaitingPacket;
      if (packet.moved?.get(id) ?? isFor(packet.opts, rooms)) {
        attempt(() => packet.deliverTo(id));
      }
    }
    if (!this.isEmpty) {
      this.#beginWith(id);
    }
  }

  /** Nothing that waits is for a socket. */
  #beginWith(id: SocketId): void {
    // to the end of the order
    this.#since.delete(id);
    this.#since.set(id, this.#first + this.#packets.length);
  }

  /** The index of the first packet that may be for a socket. */
  #startOf(id: SocketId): number {
    return Math.max(this.#head, (this.#since.get(id) ?? 0) - this.#first);
  }

  #pinsAt(index: number): Pins | undefined {
    const { moved } = this.#packets[index] as WaitingPacket;
    return moved === undefined && this.#since.size === 0
      ? undefined
      : new PacketPins(moved, this.#since, this.#first + index);
  }
}

class PacketPins implements Pins {
  readonly #moved: ReadonlyMap<SocketId, boolean> | undefined;
  readonly #since: ReadonlyMap<SocketId, number>;
  readonly #place: number;

  constructor(
    moved: ReadonlyMap<SocketId, boolean> | undefined,
    since: ReadonlyMap<SocketId, number>,
    place: number,
  ) {
    this.#moved = moved;
    this.#since = since;
    this.#place = place;
  }

  get meant(): SocketId[] {
    return Array.from(this.#moved?.keys() ?? []).filter((id) => this.get(id));
  }

  get(id: SocketId): boolean | undefined {
    const since = this.#since.get(id);
    return since !== undefined && since > this.#place
      ? false
      : this.#moved?.get(id);
  }
}

function deliver(
  packet: WaitingPacket,
  echo: PacketFrame | undefined,
  pins: Pins | undefined,
): void {
  attempt(() => packet.deliver(echo, pins));
}

/** They begin anew after 2³². */
function isLater(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

function concerns(
  { rooms, except }: BroadcastOptions,
  changed: Iterable<Room>,
): boolean {
  for (const room of changed) {
    if (rooms.has(room) || except?.has(room)) {
      return true;
    }
  }
  return false;
}

/** Whether a packet is for a socket that is in these rooms. */
export function isFor(
  { rooms: selected, except }: BroadcastOptions,
  rooms: ReadonlySet<Room> | undefined,
): boolean {
  return (
    rooms !== undefined &&
    (selected.size === 0 || intersects(selected, rooms)) &&
    !(except !== undefined && intersects(except, rooms))
  );
}

function intersects(a: ReadonlySet<Room>, b: ReadonlySet<Room>): boolean {
  for (const item of a) {
    if (b.has(item)) {
      return true;
    }
  }
  return false;
}
