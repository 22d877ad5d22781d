import type { BroadcastOptions, Room, SocketId } from "socket.io-adapter";
import { warnOrThrowLater } from "./warnings";
import type { PacketFrame } from "./wire/frame-reader";
import { isLaterRef } from "./wire/ordered-section";

/** For which sockets a packet is, whatever their rooms say by the time at which it is delivered. */
export type Pins = Map<SocketId, boolean>;

/** A packet of this node that its own clients have not received yet. */
export interface WaitingPacket {
  pins: Pins | undefined;
  readonly opts: BroadcastOptions;
  /** The section with which it comes back from the primary; `undefined` if it waits for those before it only. */
  readonly ref: number | undefined;
  /** @param echo - as it came back; `undefined` if it never will */
  deliver(echo: PacketFrame | undefined): void;
  /** Delivers it to one socket, which is about to disconnect. */
  deliverTo(id: SocketId): void;
}

// what was taken off is cut off in one go
const COMPACT_AT = 1_024;

/**
 * What this node has sent, in that order, until it has come back with a number. Its own clients receive it then: those
 * that were meant when it was sent.
 */
export class EchoQueue {
  #packets: WaitingPacket[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#packets.length;
  }

  /** Delivers a packet when it has come back, or when those before it have. */
  add(packet: WaitingPacket): void {
    if (packet.ref === undefined && this.isEmpty) {
      packet.deliver(undefined);
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
        (known !== undefined && (isFound || isLaterRef(known, ref)))
      ) {
        break;
      }
      this.#head++;
      // one that is older than what has come back never will
      isFound = isFound || known === ref;
      deliver(packet, known === ref ? echo : undefined);
    }
    if (this.isEmpty || this.#head > COMPACT_AT) {
      this.#packets.splice(0, this.#head);
      this.#head = 0;
    }
    return isFound;
  }

  /** Of a packet that waits. */
  pinsOf(ref: number): Pins | undefined {
    for (let i = this.#head; i < this.#packets.length; i++) {
      const packet = this.#packets[i] as WaitingPacket;
      if (packet.ref === ref) {
        return packet.pins;
      }
    }
    return undefined;
  }

  /** Nothing comes back any more: delivers all that waits. */
  settle(): void {
    const packets = this.#packets.slice(this.#head);
    this.clear();
    packets.forEach((packet) => deliver(packet, undefined));
  }

  clear(): void {
    this.#packets = [];
    this.#head = 0;
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
    for (let i = this.#head; i < this.#packets.length; i++) {
      const packet = this.#packets[i] as WaitingPacket;
      if (
        !packet.pins?.has(id) &&
        (rooms === undefined || concerns(packet.opts, changed))
      ) {
        packet.pins = packet.pins ?? new Map<SocketId, boolean>();
        packet.pins.set(id, isFor(packet.opts, rooms));
      }
    }
  }

  /** A socket is about to disconnect for good: it gets what was sent before now, and not again. */
  flushTo(id: SocketId, rooms: ReadonlySet<Room> | undefined): void {
    for (let i = this.#head; i < this.#packets.length; i++) {
      const packet = this.#packets[i] as WaitingPacket;
      if (packet.pins?.get(id) ?? isFor(packet.opts, rooms)) {
        attempt(() => packet.deliverTo(id));
      }
      packet.pins = packet.pins ?? new Map<SocketId, boolean>();
      packet.pins.set(id, false);
    }
  }
}

function deliver(packet: WaitingPacket, echo: PacketFrame | undefined): void {
  attempt(() => packet.deliver(echo));
}

/** What goes wrong with one packet is no reason to lose those behind it. */
function attempt(action: () => void): void {
  try {
    action();
  } catch (error) {
    warnOrThrowLater(error);
  }
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
