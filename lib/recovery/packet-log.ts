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

interface NamespaceIndex {
  readonly nsp: string;
  readonly everyone: NumberList;
  /** The names of the rooms are those of the packets: each text is in memory once. */
  readonly rooms: Map<Room, { readonly room: Room; readonly list: NumberList }>;
  count: number;
}

const CHUNK_SIZE = 1_024;
const SLAB_SIZE = 256 * 1024;
// a packet that is larger has memory of its own: behind it, a slab would be left empty
const MAX_SHARED_SIZE = SLAB_SIZE / 8;
// what a room takes in memory, in bytes: once, and for each packet that names it
const ROOM_SIZE = 256;
const NAME_SIZE = 40;
const NO_ROOMS: readonly Room[] = [];

/**
 * What is known of some packets, field by field: an object for each of several 100,000 packets would cost more than the
 * packets.
 */
class Chunk {
  /** `undefined` where a number has no packet, or none any more. */
  readonly indexes: Array<NamespaceIndex | undefined> = [];
  readonly senders: string[] = [];
  readonly rooms: Array<readonly Room[]> = [];
  readonly excepts: Array<readonly Room[]> = [];
  readonly slabs: Buffer[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  get length(): number {
    return this.indexes.length;
  }

  skip(): void {
    this.push(undefined, "", NO_ROOMS, NO_ROOMS, EMPTY, 0, 0);
  }

  push(
    index: NamespaceIndex | undefined,
    sender: string,
    rooms: readonly Room[],
    except: readonly Room[],
    slab: Buffer,
    start: number,
    end: number,
  ): void {
    this.indexes.push(index);
    this.senders.push(sender);
    this.rooms.push(rooms);
    this.excepts.push(except);
    this.slabs.push(slab);
    this.starts.push(start);
    this.ends.push(end);
  }
}

const EMPTY = Buffer.alloc(0);

export class PacketLog {
  readonly #limits: LogLimits;
  readonly #namespaces = new Map<string, NamespaceIndex>();
  /** The packets in the order of their numbers, `CHUNK_SIZE` of them in each but the last one. */
  #chunks: Chunk[] = [new Chunk()];
  /** The number of the first one in the first chunk. */
  #base = 1;
  /** The number of the oldest one that is there. */
  #first = 1;
  #last = 0;
  #count = 0;
  #bytes = 0;
  /** What the rooms take that the packets name: it may be many times as much as the packets. */
  #roomBytes = 0;
  #slab = EMPTY;
  #slabUsed = 0;
  #lost = 0;
  #expired = 0;

  constructor(limits: LogLimits) {
    this.#limits = limits;
  }

  /** The number that was given last. */
  get last(): number {
    return this.#last;
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
    const index = this.#indexOf(nsp);
    const slab = this.#slabFor(bytes.length);
    const start = slab === this.#slab ? this.#slabUsed : 0;
    bytes.copy(slab, start);
    if (slab === this.#slab) {
      this.#slabUsed += bytes.length;
    }
    const number = this.#last + 1;
    this.#lastChunk().push(
      index,
      sender,
      rooms.size === 0 ? NO_ROOMS : this.#addToRooms(index, rooms, number),
      except.size === 0 ? NO_ROOMS : Array.from(except),
      slab,
      start,
      start + bytes.length,
    );
    if (rooms.size === 0) {
      index.everyone.push(number);
    }
    this.#last = number;
    index.count++;
    this.#count++;
    this.#bytes += bytes.length;
    this.#roomBytes += (rooms.size + except.size) * NAME_SIZE;
    while (
      this.#bytes + this.#roomBytes > this.#limits.maxLogBytes ||
      this.#count > this.#limits.maxLogEntries
    ) {
      this.#lost = this.#removeFirst();
    }
    return number;
  }

  /** Gives a number to a packet that is not known: who missed it cannot be told what. */
  skip(): number {
    this.#lastChunk().skip();
    this.#lost = ++this.#last;
    return this.#lost;
  }

  /** Removes what is old: all up to a number. */
  expire(number: number): void {
    while (this.#first <= number && this.#first <= this.#last) {
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
      .filter((number) => isFor(this.#describe(number)))
      .map((number) => ({ number, bytes: this.#bytesOf(number) }));
  }

  #describe(number: number): LoggedPacket {
    const { chunk, at } = this.#find(number);
    return {
      number,
      sender: chunk.senders[at] as string,
      rooms: chunk.rooms[at] as readonly Room[],
      except: chunk.excepts[at] as readonly Room[],
    };
  }

  #bytesOf(number: number): Buffer {
    const { chunk, at } = this.#find(number);
    return (chunk.slabs[at] as Buffer).subarray(
      chunk.starts[at],
      chunk.ends[at],
    );
  }

  #find(number: number): { chunk: Chunk; at: number } {
    const distance = number - this.#base;
    const at = distance % CHUNK_SIZE;
    const chunk = this.#chunks[(distance - at) / CHUNK_SIZE] as Chunk;
    return { chunk, at };
  }

  #lastChunk(): Chunk {
    const chunk = this.#chunks[this.#chunks.length - 1] as Chunk;
    if (chunk.length < CHUNK_SIZE) {
      return chunk;
    }
    const next = new Chunk();
    this.#chunks.push(next);
    return next;
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
        entry = { room: name, list: new NumberList(number) };
        index.rooms.set(name, entry);
        this.#roomBytes += ROOM_SIZE;
      } else {
        entry.list.push(number);
      }
      return entry.room;
    });
  }

  #slabFor(size: number): Buffer {
    if (size > MAX_SHARED_SIZE) {
      return Buffer.allocUnsafeSlow(size);
    }
    if (this.#slabUsed + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
      this.#slabUsed = 0;
    }
    return this.#slab;
  }

  /** Returns its number. */
  #removeFirst(): number {
    const number = this.#first++;
    const { chunk, at } = this.#find(number);
    const index = chunk.indexes[at];
    if (index !== undefined) {
      const rooms = chunk.rooms[at] as readonly Room[];
      const except = chunk.excepts[at] as readonly Room[];
      this.#removeFromIndex(index, rooms);
      this.#roomBytes -= (rooms.length + except.length) * NAME_SIZE;
      chunk.rooms[at] = NO_ROOMS;
      chunk.excepts[at] = NO_ROOMS;
      this.#count--;
      this.#bytes -= (chunk.ends[at] as number) - (chunk.starts[at] as number);
      chunk.slabs[at] = EMPTY;
    }
    if (at === CHUNK_SIZE - 1) {
      this.#chunks.shift();
      this.#base += CHUNK_SIZE;
      if (this.#chunks.length === 0) {
        this.#chunks.push(new Chunk());
      }
    }
    return number;
  }

  #removeFromIndex(index: NamespaceIndex, rooms: readonly Room[]): void {
    if (rooms.length === 0) {
      index.everyone.shift();
    }
    for (const room of rooms) {
      const entry = index.rooms.get(room);
      entry?.list.shift();
      if (entry?.list.isEmpty) {
        index.rooms.delete(room);
        this.#roomBytes -= ROOM_SIZE;
      }
    }
    if (--index.count === 0) {
      this.#namespaces.delete(index.nsp);
    }
  }
}
