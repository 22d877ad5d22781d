/**
 * The packets that a client may have missed: a queue in the order of their numbers, with an index by namespace and room.
 */
import type { Room } from "socket.io-adapter";
import { BLOCK_SIZE, LogBlock, NO_ROOMS } from "./log-block";
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

/** Where packets come from. */
interface Source {
  readonly sender: string;
  readonly index: NamespaceIndex;
}

type Block = LogBlock<Source>;

// blocks that are kept for what follows: memory that was used before costs less than new one
const MAX_SPARE_BLOCKS = 16;
// a packet that is larger has memory of its own: it would leave much of a block empty
const MAX_SHARED_SIZE = BLOCK_SIZE / 8;
// what a room takes in memory, in bytes: once, and for each packet that names it
const ROOM_SIZE = 256;
const NAME_SIZE = 40;

/** A part of a section. */
interface Uncopied {
  readonly section: Buffer;
  readonly start: number;
  end: number;
}

const NOTHING: Uncopied = { section: Buffer.alloc(0), start: 0, end: 0 };

export class PacketLog {
  /** How many packets were removed because of a limit. */
  discarded = 0;
  readonly #limits: LogLimits;
  readonly #namespaces = new Map<string, NamespaceIndex>();
  /** The packets in the order of their numbers. */
  readonly #blocks: Block[] = [];
  readonly #spareBlocks: Block[] = [];
  /** What stands at the end of the last block, and is not copied yet. */
  #uncopied: Uncopied = NOTHING;
  /** The packets that are in no block, by number. */
  readonly #large = new Map<number, Buffer>();
  #source: Source | undefined;
  /** The number of the oldest one that is there. */
  #first = 1;
  #last = 0;
  #count = 0;
  #bytes = 0;
  /** What the rooms take that the packets name: it may be many times as much as the packets. */
  #roomBytes = 0;
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

  /** Up to that number, nobody is given anything any more. */
  get gone(): number {
    return Math.max(this.#lost, this.#expired);
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
   * Appends a packet, and removes the oldest ones where a limit asks for it. Its frame is a part of a section, which must
   * not change before `copyAppended()`.
   *
   * @param sender - the node that has sent it
   * @returns its number
   */
  append(
    sender: string,
    nsp: string,
    rooms: ReadonlySet<Room>,
    except: ReadonlySet<Room>,
    section: Buffer,
    start: number,
    end: number,
  ): number {
    const source = this.#sourceOf(sender, nsp);
    const { index } = source;
    const number = this.#last + 1;
    const size = end - start;
    const isLarge = size > MAX_SHARED_SIZE;
    const block = this.#blockFor(isLarge ? 0 : size);
    if (isLarge) {
      this.#large.set(number, copyOf(section.subarray(start, end)));
    } else {
      this.#copyLater(section, start, end);
    }
    block.push(
      source,
      rooms.size === 0 ? NO_ROOMS : this.#addToRooms(index, rooms, number),
      except.size === 0 ? NO_ROOMS : Array.from(except),
      isLarge ? 0 : size,
    );
    if (rooms.size === 0) {
      index.everyone.push(number);
    }
    this.#last = number;
    index.count++;
    this.#count++;
    this.#bytes += size;
    this.#roomBytes += (rooms.size + except.size) * NAME_SIZE;
    while (
      this.#bytes + this.#roomBytes > this.#limits.maxLogBytes ||
      this.#count > this.#limits.maxLogEntries
    ) {
      this.#lost = this.#removeFirst();
      this.discarded++;
    }
    return number;
  }

  /** Copies the frames that were appended: those that stand one after the other in one go. */
  copyAppended(): void {
    const { section, start, end } = this.#uncopied;
    const block = this.#blocks[this.#blocks.length - 1];
    if (block !== undefined && end > start) {
      section.copy(block.bytes, block.end - (end - start), start, end);
    }
    this.#uncopied = NOTHING;
  }

  /** Gives a number to a packet that is not known: who missed it cannot be told what. */
  skip(): number {
    this.#blockFor(0).push(undefined, NO_ROOMS, NO_ROOMS, 0);
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
   * The frames of the packets with a higher number than one that are for a session, in their order: until the next packet
   * is appended.
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
    this.copyAppended();
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
    const block = this.#blockOf(number);
    return {
      number,
      sender: (block.sourceOf(number) as Source).sender,
      rooms: block.roomsOf(number),
      except: block.exceptOf(number),
    };
  }

  #bytesOf(number: number): Buffer {
    return this.#large.get(number) ?? this.#blockOf(number).bytesOf(number);
  }

  /** The last block that does not begin behind a number. */
  #blockOf(number: number): Block {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks[middle] as Block).first <= number) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return this.#blocks[low] as Block;
  }

  /** The last block, with room for a packet. */
  #blockFor(size: number): Block {
    const last = this.#blocks[this.#blocks.length - 1];
    if (last?.hasRoomFor(size)) {
      return last;
    }
    this.copyAppended();
    const block = this.#spareBlocks.pop() ?? new LogBlock<Source>();
    block.first = this.#last + 1;
    block.count = 0;
    this.#blocks.push(block);
    return block;
  }

  #copyLater(section: Buffer, start: number, end: number): void {
    if (this.#uncopied.section !== section || this.#uncopied.end !== start) {
      this.copyAppended();
      this.#uncopied = { section, start, end };
    }
    this.#uncopied.end = end;
  }

  /** Most packets come from where the one before them came from. */
  #sourceOf(sender: string, nsp: string): Source {
    const known = this.#source;
    if (
      known?.sender === sender &&
      known.index.nsp === nsp &&
      known.index.count > 0
    ) {
      return known;
    }
    const source = { sender, index: this.#indexOf(nsp) };
    this.#source = source;
    return source;
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

  /** Returns its number. */
  #removeFirst(): number {
    while (
      this.#blocks[1] !== undefined &&
      this.#blocks[1].first <= this.#first
    ) {
      this.#recycle(this.#blocks.shift() as Block);
    }
    const number = this.#first++;
    const block = this.#blocks[0] as Block;
    const source = block.sourceOf(number);
    if (source !== undefined) {
      const rooms = block.roomsOf(number);
      const except = block.exceptOf(number);
      this.#removeFromIndex(source.index, rooms);
      this.#roomBytes -= (rooms.length + except.length) * NAME_SIZE;
      this.#count--;
      this.#bytes -= this.#large.get(number)?.length ?? block.sizeOf(number);
      this.#large.delete(number);
      block.forget(number);
    }
    return number;
  }

  #recycle(block: Block): void {
    if (this.#spareBlocks.length < MAX_SPARE_BLOCKS) {
      this.#spareBlocks.push(block);
    }
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

function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(copy);
  return copy;
}
