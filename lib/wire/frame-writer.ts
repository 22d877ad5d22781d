/**
 * Frames -> bytes.
 */
import type { Room } from "socket.io-adapter";
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

const INITIAL_SIZE = 64 * 1024;
// a buffer that one large packet made is not kept
const MAX_KEPT_SIZE = 1024 * 1024;

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
  #bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
  #length = 0;
  /** Where the last whole frame ends: what failed halfway is written over. */
  #complete = 0;
  #target: string | undefined;
  #origin: Origin | undefined;

  /** The size of all that was written since the last `take()`. */
  get byteLength(): number {
    return this.#sectionBytes + this.#length;
  }

  writePacket(
    origin: Origin,
    header: PacketHeader,
    parts: readonly Part[],
  ): void {
    const frame = this.#beginFrame(FrameKind.PACKET, origin, undefined);
    const { volatile, compress, requestId } = header;
    this.#u8(
      (volatile ? PacketFlag.VOLATILE : 0) |
        (compress === undefined ? 0 : PacketFlag.HAS_COMPRESS) |
        (compress ? PacketFlag.COMPRESS : 0) |
        (requestId === undefined ? 0 : PacketFlag.WITH_ACK),
    );
    if (requestId !== undefined) {
      this.#name(requestId);
    }
    this.#rooms(header.rooms);
    this.#rooms(header.except);
    this.#u32(parts.length);
    for (const part of parts) {
      if (typeof part === "string") {
        this.#u8(PartTag.STRING);
        this.#text(part);
      } else {
        this.#u8(PartTag.BINARY);
        this.#u32(part.byteLength);
        this.#raw(part);
      }
    }
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
    if (this.#bytes.length > MAX_KEPT_SIZE) {
      this.#bytes = Buffer.allocUnsafeSlow(INITIAL_SIZE);
    }
    this.#sectionBytes = 0;
    return this.#sections.splice(0);
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
    this.#u8(kind);
    this.#u32(0);
    return this.#length;
  }

  #endFrame(start: number): void {
    this.#bytes.writeUInt32LE(this.#length - start, start - 4);
    this.#complete = this.#length;
  }

  #endSection(): void {
    this.#length = this.#complete;
    if (this.#length > 0) {
      // a copy: whoever sends it may do so later
      this.#sections.push(Buffer.from(this.#bytes.subarray(0, this.#length)));
      this.#sectionBytes += this.#length;
      this.#length = 0;
      this.#complete = 0;
    }
    this.#origin = undefined;
  }

  #rooms(rooms: Iterable<Room>): void {
    const start = this.#length;
    this.#u32(0);
    let count = 0;
    for (const room of rooms as Iterable<unknown>) {
      count++;
      if (typeof room === "string") {
        this.#u8(RoomTag.STRING);
        this.#name(room);
      } else if (typeof room === "number") {
        this.#u8(RoomTag.NUMBER);
        this.#reserve(8);
        this.#length = this.#bytes.writeDoubleLE(room, this.#length);
      } else {
        this.#u8(RoomTag.OTHER);
      }
    }
    this.#bytes.writeUInt32LE(count, start);
  }

  #u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #u32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32LE(value, this.#length);
  }

  /** A text that has to arrive as the very same one: UTF-8 has no form for half a surrogate pair. */
  #name(text: string): void {
    if (!SURROGATE.test(text)) {
      this.#text(text);
      return;
    }
    this.#reserve(4 + text.length * 2);
    this.#u32(((text.length * 2) | UTF16_FLAG) >>> 0);
    this.#length += this.#bytes.write(text, this.#length, "utf16le");
  }

  #text(text: string): void {
    // a UTF-16 unit becomes three bytes at the most
    this.#reserve(4 + text.length * 3);
    const start = this.#length + 4;
    const length = this.#bytes.write(text, start, "utf8");
    this.#bytes.writeUInt32LE(length, this.#length);
    this.#length = start + length;
  }

  #raw(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed > this.#bytes.length) {
      const bytes = Buffer.allocUnsafeSlow(
        Math.max(needed, this.#bytes.length * 2),
      );
      this.#bytes.copy(bytes, 0, 0, this.#length);
      this.#bytes = bytes;
    }
  }
}
