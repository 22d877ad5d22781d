/**
 * Frames -> bytes.
 */
import { serialize } from "node:v8";
import type { BroadcastOptions, Room } from "socket.io-adapter";
import {
  ARGUMENTS,
  FrameKind,
  NUMBER_SIZE,
  PacketFlag,
  RoomTag,
  Target,
  type PacketOrder,
  type Part,
} from "./frames";
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

/** The node that a frame comes from. */
export interface Origin {
  readonly uid: string;
  readonly nsp: string;
}

/** Collects the frames of one turn in sections: a new one begins with each change of whom they are for. */
export class FrameWriter {
  readonly #sections: Buffer[] = [];
  #sectionBytes = 0;
  /** What follows the last section: whoever has that may keep it, so it is never written over. */
  #slab = EMPTY;
  #length = 0;
  /** Where the last whole frame ends: what failed halfway is written over. */
  #complete = 0;
  /** Where there is room for an offset in the packet that is being written. */
  #offsetAt = 0;
  #target: string | undefined;
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
    order?: PacketOrder,
  ): Buffer | undefined {
    const frame = this.#beginPacket(origin, opts, requestId, order);
    const start = this.#length;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      if (typeof part === "string") {
        this.#reserve(maxTextFrameSize(part));
        this.#length = writeTextFrame(this.#slab, this.#length, part);
      } else {
        this.#reserve(MAX_HEADER_SIZE);
        this.#length = writeHeader(
          this.#slab,
          this.#length,
          Opcode.BINARY,
          part.byteLength,
        );
        this.#raw(part);
      }
      if (i === order?.place?.part) {
        // known as the distance from the end once that is known
        this.#offsetAt = this.#length - order.place.tail;
      }
    }
    if (order?.place !== undefined) {
      const distanceAt =
        frame + 1 + (order.ref === undefined ? 0 : NUMBER_SIZE + 4);
      this.#slab.writeUInt32LE(this.#length - this.#offsetAt, distanceAt);
    }
    this.#endFrame(frame);
    return parts.length === 1 && typeof parts[0] === "string"
      ? keepableBytes(this.#slab, start, this.#length)
      : undefined;
  }

  /** A packet whose sender has no parser. */
  writeArguments(
    origin: Origin,
    opts: BroadcastOptions,
    requestId: string | undefined,
    args: Uint8Array,
    order?: PacketOrder,
  ): void {
    const frame = this.#beginPacket(origin, opts, requestId, order);
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

  /** Returns where the body begins. */
  #beginPacket(
    origin: Origin,
    { rooms, except, flags }: BroadcastOptions,
    requestId: string | undefined,
    order: PacketOrder | undefined,
  ): number {
    const frame = this.#beginFrame(FrameKind.PACKET, origin, undefined);
    const compress = flags?.compress;
    this.#u8(
      (flags?.volatile ? PacketFlag.VOLATILE : 0) |
        (compress === undefined ? 0 : PacketFlag.HAS_COMPRESS) |
        (compress ? PacketFlag.COMPRESS : 0) |
        (requestId === undefined ? 0 : PacketFlag.WITH_ACK) |
        (order?.ref === undefined ? 0 : PacketFlag.NUMBERED) |
        (order?.place === undefined ? 0 : PacketFlag.OFFSET),
    );
    if (order?.ref !== undefined) {
      this.#reserve(NUMBER_SIZE + 4);
      this.#length = this.#slab.writeUIntLE(0, this.#length, NUMBER_SIZE);
      this.#length = this.#slab.writeUInt32LE(order.ref, this.#length);
    }
    if (order?.place !== undefined) {
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
  ): number {
    this.#length = this.#complete;
    if (target !== this.#target) {
      this.#endSection();
      this.#target = target;
    }
    if (this.#length === 0) {
      this.#u8(target === undefined ? Target.ALL : Target.NODE);
      if (target !== undefined) {
        this.#name(target);
      }
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

  /** Returns where the body begins. */
  #beginBody(kind: FrameKind): number {
    this.#reserve(5);
    this.#slab[this.#length] = kind;
    this.#length += 5;
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
    let rest = value;
    while (rest >= 0x80) {
      this.#slab[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#slab[this.#length++] = rest;
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
const MAX_VARINT_SIZE = 8;
// its size has one byte
const MAX_SHORT_NAME = 63;
