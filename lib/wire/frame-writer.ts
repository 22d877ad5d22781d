/**
 * Frames -> bytes.
 */
import { serialize } from "node:v8";
import type { BroadcastOptions, Room } from "socket.io-adapter";
import {
  ARGUMENTS,
  FRAME_HEAD_SIZE,
  FrameKind,
  PacketFlag,
  RoomTag,
  Target,
  type OffsetPlace,
  type Part,
} from "./frames";
import { ORDERED_HEAD_SIZE, writeOrderedHead } from "./ordered-section";
import { MAX_VARINT_SIZE, writeVarint } from "./varint";
import {
  keepableBytes,
  maxTextFrameSize,
  MAX_HEADER_SIZE,
  Opcode,
  writeHeader,
  writeTextFrame,
} from "./ws-frame";

// a turn's worth of frames, and some room for the last one
const SLAB_SIZE = 80 * 1024;

const SURROGATE = /[\ud800-\udfff]/;

/** Where a packet of the total order was written. It is there as long as somebody knows that. */
export interface WrittenPacket {
  /** The reference of the section, if the packet is to get a number. */
  readonly ref: number | undefined;
  readonly bytes: Buffer;
  readonly start: number;
}

/** The node that a frame comes from. */
export interface Origin {
  readonly uid: string;
  readonly nsp: string;
}

/** Collects frames in sections: a new one begins with each change of whom they are for. */
export class FrameWriter {
  readonly #sections: Buffer[] = [];
  #sectionBytes = 0;
  /** What follows the last section: whoever has that may keep it, so it is never written over. */
  #slab = EMPTY;
  #length = 0;
  /** Where the last whole frame ends: what failed halfway is written over. */
  #complete = 0;
  #target: string | undefined;
  /** Whether the primary is to number what is in the section. */
  #isOrdered = false;
  #lastRef = 0;
  #origin: Origin | undefined;

  /** The size of all that was written since the last `take()`. */
  get byteLength(): number {
    return this.#sectionBytes + this.#complete;
  }

  /**
   * @param requestId - where whoever sends it waits for acknowledgements
   * @returns the WebSocket frame of the packet, if it is a single text
   */
  writePacket(
    origin: Origin,
    opts: BroadcastOptions,
    requestId: string | undefined,
    parts: readonly Part[],
  ): Buffer | undefined {
    const frame = this.#beginPacket(origin, opts, requestId, 0);
    const start = this.#length;
    parts.forEach((part) => this.#part(part));
    this.#endFrame(frame);
    return parts.length === 1 && typeof parts[0] === "string"
      ? keepableBytes(this.#slab, start, this.#length)
      : undefined;
  }

  /**
   * A packet of the total order.
   *
   * @param place - where there is room for an offset, if the parser has left it recognizable
   * @param isNumbered - whether it is to get a number of its own
   */
  writeOrdered(
    origin: Origin,
    opts: BroadcastOptions,
    parts: readonly Part[],
    place: OffsetPlace | undefined,
    isNumbered: boolean,
  ): WrittenPacket {
    const flags =
      (isNumbered ? PacketFlag.NUMBERED : 0) |
      (place === undefined ? 0 : PacketFlag.OFFSET);
    const frame = this.#beginPacket(origin, opts, undefined, flags);
    let offsetAt = 0;
    for (let i = 0; i < parts.length; i++) {
      this.#part(parts[i] as Part);
      if (i === place?.part) {
        offsetAt = this.#length - place.tail;
      }
    }
    if (place !== undefined) {
      // known as the distance from the end once that is known
      this.#slab.writeUInt32LE(this.#length - offsetAt, frame + 1);
    }
    this.#endFrame(frame);
    return {
      ref: isNumbered ? this.#lastRef : undefined,
      bytes: this.#slab,
      start: frame - FRAME_HEAD_SIZE,
    };
  }

  /**
   * A packet whose sender has no parser.
   *
   * @param isNumbered - whether it is to get a number in the total order
   */
  writeArguments(
    origin: Origin,
    opts: BroadcastOptions,
    requestId: string | undefined,
    args: Uint8Array,
    isNumbered: boolean,
  ): void {
    const flags = isNumbered ? PacketFlag.NUMBERED : 0;
    const frame = this.#beginPacket(origin, opts, requestId, flags);
    this.#u8(ARGUMENTS);
    this.#raw(args);
    this.#endFrame(frame);
  }

  /** @param target - the node that it is for */
  writeSession(origin: Origin, target: string, body: Uint8Array): void {
    const frame = this.#beginFrame(FrameKind.SESSION, origin, target);
    this.#raw(body);
    this.#endFrame(frame);
  }

  /** @param target - the node that the message answers, `undefined` for everyone */
  writeMessage(
    origin: Origin,
    target: string | undefined,
    type: number,
    data: Uint8Array,
  ): void {
    const frame = this.#beginFrame(FrameKind.MESSAGE, origin, target);
    this.#u8(type);
    this.#raw(data);
    this.#endFrame(frame);
  }

  /** Hands over the sections, and begins anew. */
  take(): Buffer[] {
    this.#endSection();
    this.#sectionBytes = 0;
    return this.#sections.splice(0);
  }

  #part(part: Part): void {
    if (typeof part === "string") {
      this.#reserve(maxTextFrameSize(part));
      this.#length = writeTextFrame(this.#slab, this.#length, part);
    } else {
      this.#reserve(MAX_HEADER_SIZE);
      const { byteLength } = part;
      this.#length = writeHeader(
        this.#slab,
        this.#length,
        Opcode.BINARY,
        byteLength,
      );
      this.#raw(part);
    }
  }

  /** Returns where the body begins. */
  #beginPacket(
    origin: Origin,
    { rooms, except, flags }: BroadcastOptions,
    requestId: string | undefined,
    orderFlags: number,
  ): number {
    const isNumbered = (orderFlags & PacketFlag.NUMBERED) !== 0;
    const frame = this.#beginFrame(
      FrameKind.PACKET,
      origin,
      undefined,
      isNumbered,
    );
    const compress = flags?.compress;
    this.#u8(
      orderFlags |
        (flags?.volatile ? PacketFlag.VOLATILE : 0) |
        (compress === undefined ? 0 : PacketFlag.HAS_COMPRESS) |
        (compress ? PacketFlag.COMPRESS : 0) |
        (requestId === undefined ? 0 : PacketFlag.WITH_ACK),
    );
    if (orderFlags & PacketFlag.OFFSET) {
      this.#reserve(4);
      this.#length += 4;
    }
    if (requestId !== undefined) {
      this.#name(requestId);
    }
    this.#rooms(rooms, frame, PacketFlag.ROOMS);
    this.#rooms(except, frame, PacketFlag.EXCEPT);
    return frame;
  }

  #beginFrame(
    kind: FrameKind,
    origin: Origin,
    target: string | undefined,
    isNumbered = false,
  ): number {
    this.#length = this.#complete;
    if (target !== this.#target || (isNumbered && !this.#isOrdered)) {
      this.#endSection();
      this.#target = target;
    }
    if (this.#length === 0) {
      this.#isOrdered = isNumbered;
      this.#beginSection(target);
    }
    if (origin !== this.#origin) {
      const frame = this.#beginBody(FrameKind.ORIGIN);
      this.#name(origin.uid);
      this.#name(origin.nsp);
      this.#endFrame(frame);
      this.#origin = origin;
    }
    return this.#beginBody(kind);
  }

  #beginSection(target: string | undefined): void {
    if (this.#isOrdered) {
      this.#lastRef = (this.#lastRef + 1) >>> 0;
      this.#reserve(ORDERED_HEAD_SIZE);
      writeOrderedHead(this.#slab, this.#length, this.#lastRef);
      this.#length += ORDERED_HEAD_SIZE;
      return;
    }
    this.#u8(target === undefined ? Target.ALL : Target.NODE);
    if (target !== undefined) {
      this.#name(target);
    }
  }

  /** Returns where the body begins. */
  #beginBody(kind: FrameKind): number {
    this.#reserve(FRAME_HEAD_SIZE);
    this.#slab[this.#length] = kind;
    this.#length += FRAME_HEAD_SIZE;
    return this.#length;
  }

  #endFrame(start: number): void {
    this.#slab.writeUInt32LE(this.#length - start, start - 4);
    this.#complete = this.#length;
  }

  #endSection(): void {
    this.#length = this.#complete;
    if (this.#length > 0) {
      this.#sections.push(this.#slab.subarray(0, this.#length));
      this.#slab = rest(this.#slab, this.#length);
      this.#sectionBytes += this.#length;
      this.#length = 0;
      this.#complete = 0;
    }
    this.#origin = undefined;
  }

  /** A list, and the flag that says so; nothing at all if there is no room. */
  #rooms(
    rooms: ReadonlySet<Room> | undefined,
    flags: number,
    flag: PacketFlag,
  ): void {
    if (rooms === undefined || rooms.size === 0) {
      return;
    }
    this.#slab[flags]! |= flag;
    this.#varint(rooms.size);
    for (const room of rooms as ReadonlySet<unknown>) {
      if (typeof room === "string") {
        this.#u8(RoomTag.STRING);
        this.#name(room);
      } else if (typeof room === "number") {
        this.#u8(RoomTag.NUMBER);
        this.#reserve(8);
        this.#length = this.#slab.writeDoubleLE(room, this.#length);
      } else if (isPrimitive(room)) {
        const bytes = serialize(room);
        this.#u8(RoomTag.PRIMITIVE);
        this.#varint(bytes.length);
        this.#raw(bytes);
      } else {
        this.#u8(RoomTag.OWN);
      }
    }
  }

  #u8(value: number): void {
    this.#reserve(1);
    this.#slab[this.#length++] = value;
  }

  #varint(value: number): void {
    this.#reserve(MAX_VARINT_SIZE);
    this.#length = writeVarint(this.#slab, this.#length, value);
  }

  /** A text that has to arrive as the very same one: UTF-8 has no form for half a surrogate pair. */
  #name(text: string): void {
    if (this.#tryShortName(text)) {
      return;
    }
    const isUtf16 = SURROGATE.test(text);
    const encoding = isUtf16 ? "utf16le" : "utf8";
    const length = Buffer.byteLength(text, encoding);
    this.#varint(length * 2 + (isUtf16 ? 1 : 0));
    this.#reserve(length);
    this.#length += this.#slab.write(text, this.#length, encoding);
  }

  /** Most names are short and ASCII: no call is needed for them. */
  #tryShortName(text: string): boolean {
    const { length } = text;
    if (length > MAX_SHORT_NAME) {
      return false;
    }
    this.#reserve(1 + length);
    const slab = this.#slab;
    const start = this.#length + 1;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        return false;
      }
      slab[start + i] = unit;
    }
    slab[this.#length] = length * 2;
    this.#length = start + length;
    return true;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#slab.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed > this.#slab.length) {
      const slab = Buffer.allocUnsafeSlow(
        Math.max(SLAB_SIZE, needed, this.#length * 2),
      );
      this.#slab.copy(slab, 0, 0, this.#length);
      this.#slab = slab;
    }
  }
}

/** What is left of a slab. One that was made for something large goes with it: it would keep its memory. */
function rest(slab: Slab, used: number): Slab {
  return slab.buffer.byteLength > SLAB_SIZE ? EMPTY : slab.subarray(used);
}

type Slab = ReturnType<typeof Buffer.alloc>;

function isPrimitive(room: unknown): boolean {
  return (
    room === null || !["object", "function", "symbol"].includes(typeof room)
  );
}

const EMPTY = Buffer.alloc(0);
// its size has one byte
const MAX_SHORT_NAME = 63;
