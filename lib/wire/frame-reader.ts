/**
 * Bytes -> frames. The rules that the comments cite as [W…] stand in docs/protocol.md.
 */
import type { BroadcastFlags, BroadcastOptions, Room } from "socket.io-adapter";
import { protocolError } from "../errors";
import {
  ARGUMENTS,
  FRAME_HEAD_SIZE,
  FrameKind,
  PacketFlag,
  Target,
  type Part,
} from "./frames";
import { Cursor } from "./cursor";
import type { WrittenPacket } from "./frame-writer";
import { OFFSET_LENGTH, writeOffset, type Offset } from "./offsets";
import { firstNumberOf, ORDERED_HEAD_SIZE, refOf } from "./ordered-section";
import { decodeValue } from "./values";
import { keepableBytes } from "./ws-frame";

export interface FrameVisitor {
  onOrigin(uid: string, nsp: string): void;
  /** The packet may be kept: it reads its parts when it is asked for them. */
  onPacket(packet: PacketFrame): void;
  /** @param data - the encoded data, empty for none */
  onMessage(type: number, data: Buffer): void;
  onSession(body: Buffer): void;
}

/**
 * The node that a section is for; `undefined` stands for everyone.
 *
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`
 */
export function readTarget(section: Buffer): string | undefined {
  return readHead(new Cursor(section)).target;
}

/**
 * Calls the visitor with each frame of a section, in their order. A frame of a kind that this version does not know is
 * passed over [W6].
 *
 * @throws {ClusterAdapterError} `ERR_PROTOCOL`; the frames before the violation have been visited
 */
export function readFrames(section: Buffer, visitor: FrameVisitor): void {
  const cursor = new Cursor(section);
  const { ref, firstNumber } = readHead(cursor);
  let number = firstNumber;
  let hasOrigin = false;
  while (!cursor.isAtEnd) {
    const kind: FrameKind = cursor.u8();
    const end = cursor.enter(cursor.u32());
    if (kind === FrameKind.ORIGIN) {
      visitor.onOrigin(cursor.name(), cursor.name());
      hasOrigin = true;
    } else if (!hasOrigin && kind in FrameKind) {
      throw protocolError("W5", "a frame has no origin");
    }
    switch (kind) {
      case FrameKind.ORIGIN:
        break;
      case FrameKind.PACKET:
        {
          const packet = new PacketFrame(cursor, ref, number);
          visitor.onPacket(packet);
          if (packet.ref !== undefined && number > 0) {
            number++;
          }
        }
        break;
      case FrameKind.MESSAGE:
        visitor.onMessage(cursor.u8(), cursor.rest());
        break;
      case FrameKind.SESSION:
        visitor.onSession(cursor.rest());
        break;
      default: {
        // a later version may have more [W6]
        const unknown: never = kind;
        void unknown;
      }
    }
    cursor.leave(end);
  }
}

/** A packet of this process, which has no number yet. */
export function readWritten({ bytes, start }: WrittenPacket): PacketFrame {
  const cursor = new Cursor(bytes, start + 1);
  cursor.enter(cursor.u32());
  return new PacketFrame(cursor, undefined, 0);
}

interface SectionHead {
  readonly target: string | undefined;
  /** How the sender knows the section, if the primary is to number what is in it. */
  readonly ref: number | undefined;
  readonly firstNumber: number;
}

const FOR_ALL: SectionHead = {
  target: undefined,
  ref: undefined,
  firstNumber: 0,
};

function readHead(cursor: Cursor): SectionHead {
  const target = cursor.u8();
  switch (target) {
    case Target.ALL:
      return FOR_ALL;
    case Target.NODE:
      return { ...FOR_ALL, target: cursor.name() };
    case Target.ORDERED: {
      cursor.skip(ORDERED_HEAD_SIZE - 1);
      if (cursor.isAtEnd) {
        throw protocolError("W4", "a section that is to be numbered is empty");
      }
      const { bytes } = cursor;
      return {
        target: undefined,
        ref: refOf(bytes),
        firstNumber: firstNumberOf(bytes),
      };
    }
    default:
      throw protocolError(
        "W4",
        `a section is for an unknown target, ${target}`,
      );
  }
}

/** A broadcast. The header is read at once, the parts when somebody wants them. */
export class PacketFrame {
  readonly opts: Required<BroadcastOptions>;
  /** Whoever asks for acknowledgements knows them by it. */
  readonly requestId: string | undefined;
  /** How the sender knows the section, if the packet is to be numbered. */
  readonly ref: number | undefined;
  /** Its place in the total order, 0 as long as the primary has not numbered it. Only where it is to be numbered. */
  readonly number: number;
  /** Whether there is room for an offset. */
  readonly hasPlace: boolean;
  /** Where the frame is: in which section, from where to where. */
  readonly section: Buffer;
  readonly start: number;
  readonly end: number;
  readonly #partsAt: number;
  readonly #offsetAt: number;

  /**
   * @param ref - that of its section
   * @param number - what it gets if it is to be numbered
   */
  constructor(cursor: Cursor, ref: number | undefined, number: number) {
    this.start = cursor.offset - FRAME_HEAD_SIZE;
    const bits = cursor.u8();
    const isNumbered = (bits & PacketFlag.NUMBERED) !== 0;
    this.ref = isNumbered ? ref : undefined;
    this.number = isNumbered ? number : 0;
    this.hasPlace = (bits & PacketFlag.OFFSET) !== 0;
    const distance = this.hasPlace ? cursor.u32() : 0;
    this.requestId = bits & PacketFlag.WITH_ACK ? cursor.name() : undefined;
    this.opts = bits & OPTIONS ? readOptions(cursor, bits) : NO_OPTIONS;
    this.section = cursor.bytes;
    this.#partsAt = cursor.offset;
    this.end = cursor.end;
    this.#offsetAt = this.end - distance;
    if (
      this.hasPlace &&
      (this.#offsetAt < this.#partsAt || distance < OFFSET_LENGTH)
    ) {
      throw protocolError("W11", "there is no room for an offset");
    }
  }

  /** Writes an offset into the room that was left for it. */
  stamp({ epoch, number }: Offset): void {
    if (this.hasPlace) {
      writeOffset(this.section, this.#offsetAt, epoch, number);
    }
  }

  /** The whole frame. */
  get bytes(): Buffer {
    return this.section.subarray(this.start, this.end);
  }

  /** The same, of a memory of its own. */
  copy(): PacketFrame {
    const cursor = new Cursor(Buffer.from(this.bytes), FRAME_HEAD_SIZE);
    return new PacketFrame(cursor, this.ref, this.number);
  }

  /**
   * The arguments of the event, where the sender has no parser; `undefined` where there are parts.
   *
   * @throws {ClusterAdapterError} `ERR_PROTOCOL`
   */
  readArguments(): unknown[] | undefined {
    if (
      this.section[this.#partsAt] !== ARGUMENTS ||
      this.#partsAt === this.end
    ) {
      return undefined;
    }
    const args = decodeValue(
      this.section.subarray(this.#partsAt + 1, this.end),
    );
    if (!Array.isArray(args)) {
      throw protocolError("W9", "the arguments of an event are no array");
    }
    return args;
  }

  /**
   * What the parser of the sender has made of the packet.
   *
   * @throws {ClusterAdapterError} `ERR_PROTOCOL`
   */
  readParts(): Part[] {
    const cursor = new Cursor(this.section, this.#partsAt, this.end);
    if (cursor.isAtEnd) {
      return [];
    }
    const parts = [cursor.part()];
    while (!cursor.isAtEnd) {
      parts.push(cursor.part());
    }
    return parts;
  }

  /** The bytes of all parts, for clients, who may be slow to take them. */
  get frameBytes(): Buffer {
    return keepableBytes(this.section, this.#partsAt, this.end);
  }
}

// most packets have none: not each of them needs objects of its own
const NO_ROOMS = new Set<Room>();
const NO_FLAGS: BroadcastFlags = Object.freeze({});
const NO_OPTIONS = Object.freeze({
  rooms: NO_ROOMS,
  except: NO_ROOMS,
  flags: NO_FLAGS,
});

const FLAGS = PacketFlag.VOLATILE | PacketFlag.HAS_COMPRESS;
const OPTIONS = FLAGS | PacketFlag.ROOMS | PacketFlag.EXCEPT;

function readOptions(cursor: Cursor, bits: number): Required<BroadcastOptions> {
  return {
    rooms: bits & PacketFlag.ROOMS ? cursor.rooms() : NO_ROOMS,
    except: bits & PacketFlag.EXCEPT ? cursor.rooms() : NO_ROOMS,
    flags: bits & FLAGS ? flagsOf(bits) : NO_FLAGS,
  };
}

function flagsOf(bits: number): BroadcastFlags {
  const flags: BroadcastFlags = {};
  if (bits & PacketFlag.VOLATILE) {
    flags.volatile = true;
  }
  if (bits & PacketFlag.HAS_COMPRESS) {
    flags.compress = (bits & PacketFlag.COMPRESS) !== 0;
  }
  return flags;
}
