/**
 * The packets that a client may have missed: a queue in the order of their numbers, with an index by namespace and room.
 */
import type { Room } from "socket.io-adapter";
import { NumberList } from "./number-list";
import type { Position } from "./room-history";

export interface LogLimits {
  readonly maxLogBytes: number;
  readonly maxLogEntries: number;
}

export interface LoggedPacket extends Position {
  /** For everyone if there is none. */
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
}

interface Entry extends LoggedPacket {
  readonly index: NamespaceIndex;
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

interface NamespaceIndex {
  readonly nsp: string;
  readonly everyone: NumberList;
  /** The names of the rooms are those of the entries: each text is in memory once. */
  readonly rooms: Map<Room, { readonly room: Room; readonly list: NumberList }>;
  count: number;
}

const SLAB_SIZE = 256 * 1024;
// what was taken off is cut off in one go
const COMPACT_AT = 4_096;
const NO_ROOMS: readonly Room[] = [];

export class PacketLog {
  readonly #limits: LogLimits;
  readonly #namespaces = new Map<string, NamespaceIndex>();
  /** By their number: `#entries[i]` has the number `#first + i`. There is none where a number was not logged. */
  #entries: Array<Entry | undefined> = [];
  #first = 1;
  #head = 0;
  #count = 0;
  #bytes = 0;
  #slab = Buffer.alloc(0);
  #slabUsed = 0;
  #lost = 0;
  #expired = 0;

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  /** The number that was given last. */
  get last(): number {
    return this.#first + this.#entries.length - 1;
  }

  /** Up to that number, packets are not known that somebody may have missed. */
  get lost(): number {
    return this.#lost;
  }

  /** Up to that number, packets were removed because they are old. */
  get expired(): number {
    return this.#expired;
  }

  /** The number of packets. */
  get size(): number {
    return this.#count;
  }

  /** The size of their frames. */
  get byteLength(): number {
    return this.#bytes;
  }

  /**
   * Appends a packet, and removes the oldest ones where a limit asks for it.
   *
   * @param sender - the node that has sent it
   * @param bytes - its frame, which is copied
   * @returns its number
   */
  append(
    sender: string,
    nsp: string,
    rooms: ReadonlySet<Room>,
    except: ReadonlySet<Room>,
    bytes: Buffer,
  ): number {
    const number = this.last + 1;
    const index = this.#indexOf(nsp);
    const start = this.#copy(bytes);
    this.#entries.push({
      number,
      sender,
      index,
      rooms:
        rooms.size === 0 ? NO_ROOMS : this.#addToRooms(index, rooms, number),
      except: except.size === 0 ? NO_ROOMS : Array.from(except),
      slab: this.#slab,
      start,
      end: start + bytes.length,
    });
    if (rooms.size === 0) {
      index.everyone.push(number);
    }
    index.count++;
    this.#count++;
    this.#bytes += bytes.length;
    while (
      this.#bytes > this.#limits.maxLogBytes ||
      this.#count > this.#limits.maxLogEntries
    ) {
      this.#lost = this.#removeFirst();
    }
    return number;
  }

  /** Gives a number to a packet that is not known: who missed it cannot be told what. */
  skip(): number {
    this.#entries.push(undefined);
    this.#lost = this.last;
    return this.#lost;
  }

  /** Removes what is old: all up to a number. */
  expire(number: number): void {
    while (
      this.#first + this.#head <= number &&
      this.#head < this.#entries.length
    ) {
      this.#expired = this.#removeFirst();
    }
  }

  /**
   * The frames of the packets with a higher number than one that are for a session, in their order.
   *
   * @param rooms - all rooms in which it may have been
   * @param isFor - decides
   */
  missed(
    nsp: string,
    after: number,
    rooms: Iterable<Room>,
    isFor: (packet: LoggedPacket) => boolean,
  ): Array<{ number: number; bytes: Buffer }> {
    const index = this.#namespaces.get(nsp);
    if (index === undefined) {
      return [];
    }
    const numbers = new Set(index.everyone.after(after));
    for (const room of rooms) {
      index.rooms
        .get(room)
        ?.list.after(after)
        .forEach((one) => numbers.add(one));
    }
    return Array.from(numbers)
      .sort((a, b) => a - b)
      .map((number) => this.#entries[number - this.#first] as Entry)
      .filter(isFor)
      .map(({ number, slab, start, end }) => ({
        number,
        bytes: slab.subarray(start, end),
      }));
  }

  #indexOf(nsp: string): NamespaceIndex {
    let index = this.#namespaces.get(nsp);
    if (index === undefined) {
      index = { nsp, everyone: new NumberList(), rooms: new Map(), count: 0 };
      this.#namespaces.set(nsp, index);
    }
    return index;
  }

  #addToRooms(
    index: NamespaceIndex,
    rooms: ReadonlySet<Room>,
    number: number,
  ): Room[] {
    return Array.from(rooms, (name) => {
      let entry = index.rooms.get(name);
      if (entry === undefined) {
        entry = { room: name, list: new NumberList() };
        index.rooms.set(name, entry);
      }
      entry.list.push(number);
      return entry.room;
    });
  }

  /** Returns where the copy begins. */
  #copy(bytes: Buffer): number {
    if (this.#slabUsed + bytes.length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_SIZE, bytes.length));
      this.#slabUsed = 0;
    }
    const start = this.#slabUsed;
    bytes.copy(this.#slab, start);
    this.#slabUsed += bytes.length;
    return start;
  }

  /** Returns its number. */
  #removeFirst(): number {
    const number = this.#first + this.#head;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head++] = undefined;
    if (entry !== undefined) {
      this.#removeFromIndex(entry);
      this.#count--;
      this.#bytes -= entry.end - entry.start;
    }
    if (this.#head === this.#entries.length || this.#head > COMPACT_AT) {
      this.#entries.splice(0, this.#head);
      this.#first += this.#head;
      this.#head = 0;
    }
    return number;
  }

  #removeFromIndex({ index, rooms }: Entry): void {
    if (rooms.length === 0) {
      index.everyone.shift();
    }
    for (const room of rooms) {
      const entry = index.rooms.get(room);
      entry?.list.shift();
      if (entry?.list.isEmpty) {
        index.rooms.delete(room);
      }
    }
    if (--index.count === 0) {
      this.#namespaces.delete(index.nsp);
    }
  }
}
