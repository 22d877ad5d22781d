/**
 * Bytes -> frames. The rules that the comments cite as [W…] stand in docs/protocol.md.
 */
import type { Room } from "socket.io-adapter";
import { protocolError } from "../errors";
import {
  FrameKind,
  PacketFlag,
  PartTag,
  RoomTag,
  Target,
  UTF16_FLAG,
  type PacketHeader,
  type Part,
} from "./frames";

export interface FrameVisitor {
  onOrigin(uid: string, nsp: string): void;
  /** The packet may be kept: it reads its parts when it is asked for them. */
  onPacket(packet: PacketFrame): void;
  /** @param data - the encoded data, empty for none */
  onMessage(type: number, data: Buffer): void;
}

/**
 * The node that a section is for; `undefined` stands for everyone.
 *
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`
 */
export function readTarget(section: Buffer): string | undefined {
  return readHead(new Cursor(section));
}

/**
 * Calls the visitor with each frame of a section, in their order. A frame of a kind that this version does not know is
 * passed over [W6].
 *
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`; the frames before the violation have been visited
 */
export function readFrames(section: Buffer, visitor: FrameVisitor): void {
  const cursor = new Cursor(section);
  readHead(cursor);
  let hasOrigin = false;
  while (!cursor.isAtEnd) {
    const kind = cursor.u8();
    const body = cursor.part(cursor.u32());
    if (kind === FrameKind.ORIGIN) {
      visitor.onOrigin(body.name(), body.name());
      hasOrigin = true;
    } else if (kind === FrameKind.PACKET || kind === FrameKind.MESSAGE) {
      if (!hasOrigin) {
        throw protocolError("W5", "a frame has no origin");
      }
      if (kind === FrameKind.PACKET) {
        visitor.onPacket(new PacketFrame(body));
      } else {
        visitor.onMessage(body.u8(), body.rest());
      }
    }
  }
}

function readHead(cursor: Cursor): string | undefined {
  const target = cursor.u8();
  switch (target) {
    case Target.ALL:
      return undefined;
    case Target.NODE:
      return cursor.name();
    default:
      throw protocolError(
        "W4",
        `a section is for an unknown target, ${target}`,
      );
  }
}

/** A broadcast. The header is read at once, the parts when somebody wants them. */
export class PacketFrame implements PacketHeader {
  readonly rooms: Room[];
  readonly except: Room[];
  readonly volatile: boolean;
  readonly compress: boolean | undefined;
  readonly requestId: string | undefined;
  readonly #cursor: Cursor;
  #parts: Part[] | undefined;

  constructor(cursor: Cursor) {
    const flags = cursor.u8();
    this.volatile = (flags & PacketFlag.VOLATILE) !== 0;
    this.compress =
      (flags & PacketFlag.HAS_COMPRESS) === 0
        ? undefined
        : (flags & PacketFlag.COMPRESS) !== 0;
    this.requestId =
      (flags & PacketFlag.WITH_ACK) === 0 ? undefined : cursor.name();
    this.rooms = cursor.list(readRoom);
    this.except = cursor.list(readRoom);
    this.#cursor = cursor;
  }

  /**
   * What the parser of the sender has made of the packet.
   *
   * @throws {ClusterAdapterError} `ERR_PROTOCOL`
   */
  get parts(): Part[] {
    this.#parts = this.#parts ?? this.#cursor.list(readPart);
    return this.#parts;
  }
}

function readRoom(cursor: Cursor): Room {
  const tag = cursor.u8();
  switch (tag) {
    case RoomTag.STRING:
      return cursor.name();
    case RoomTag.NUMBER:
      return cursor.f64() as unknown as Room;
    case RoomTag.OTHER:
      return Symbol("a room of another process") as unknown as Room;
    default:
      throw protocolError("W8", `a room has an unknown type, ${tag}`);
  }
}

function readPart(cursor: Cursor): Part {
  const tag = cursor.u8();
  switch (tag) {
    case PartTag.STRING:
      return cursor.text();
    case PartTag.BINARY:
      return cursor.slice(cursor.u32());
    default:
      throw protocolError("W9", `a part has an unknown type, ${tag}`);
  }
}

// most packets name no room: not each of them needs an array of its own
const NONE: never[] = [];

/** Reads one value after the other, and never past the end. */
class Cursor {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#end;
  }

  /** A cursor of its own for the next bytes. */
  part(length: number): Cursor {
    const start = this.#advance(length);
    return new Cursor(this.#bytes, start, start + length);
  }

  u8(): number {
    return this.#bytes[this.#advance(1)] as number;
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  f64(): number {
    return this.#bytes.readDoubleLE(this.#advance(8));
  }

  text(): string {
    const length = this.u32();
    const start = this.#advance(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  name(): string {
    const length = this.u32();
    const isUtf16 = length >= UTF16_FLAG;
    const size = isUtf16 ? length - UTF16_FLAG : length;
    const start = this.#advance(size);
    return this.#bytes.toString(
      isUtf16 ? "utf16le" : "utf8",
      start,
      start + size,
    );
  }

  slice(length: number): Buffer {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.slice(this.#end - this.#offset);
  }

  list<T>(read: (cursor: Cursor) => T): T[] {
    const count = this.u32();
    // an item has one byte at the least: a wrong count must not cost memory
    if (count > this.#end - this.#offset) {
      throw protocolError("W7", `a list of ${count} items is cut short`);
    }
    if (count === 0) {
      return NONE;
    }
    const items: T[] = [];
    for (let i = 0; i < count; i++) {
      items.push(read(this));
    }
    return items;
  }

  /** Returns where it was. */
  #advance(length: number): number {
    const start = this.#offset;
    if (length > this.#end - start) {
      throw protocolError("W7", `${length} bytes are cut short`);
    }
    this.#offset = start + length;
    return start;
  }
}
