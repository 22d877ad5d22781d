import { deserialize } from "node:v8";
import type { Room } from "socket.io-adapter";
import { protocolError } from "../errors";
import { NUMBER_SIZE, RoomTag, type Part } from "./frames";
import { MAX_VARINT_SIZE } from "./varint";
import { ENGINE_MESSAGE, keepableBytes, Opcode } from "./ws-frame";

/** Reads one value after the other, and never past the end. */
export class Cursor {
  readonly bytes: Buffer;
  offset: number;
  end: number;

  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.offset === this.end;
  }

  /** Keeps to the next bytes, until `leave()` is called with what is returned. */
  enter(length: number): number {
    const { end } = this;
    this.end = this.#advance(length) + length;
    this.offset = this.end - length;
    return end;
  }

  leave(end: number): void {
    this.offset = this.end;
    this.end = end;
  }

  u8(): number {
    return this.bytes[this.#advance(1)] as number;
  }

  u32(): number {
    // the method of Buffer checks all that again
    const at = this.#advance(4);
    const { bytes } = this;
    return (
      (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)) +
      bytes[at + 3]! * 2 ** 24
    );
  }

  u48(): number {
    return this.bytes.readUIntLE(this.#advance(NUMBER_SIZE), NUMBER_SIZE);
  }

  /** An unsigned LEB128. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor < MAX_VARINT; factor *= 0x80) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        return value;
      }
    }
    throw protocolError("W7", "a number has more than 35 bits");
  }

  name(): string {
    const head = this.varint();
    const length = Math.floor(head / 2);
    const start = this.#advance(length);
    return this.bytes.toString(
      head % 2 === 0 ? "utf8" : "utf16le",
      start,
      start + length,
    );
  }

  skip(length: number): void {
    this.#advance(length);
  }

  rest(): Buffer {
    const start = this.#advance(this.end - this.offset);
    return this.bytes.subarray(start, this.offset);
  }

  rooms(): Set<Room> {
    const count = this.varint();
    // a room has one byte at the least: a wrong count must not cost memory
    if (count > this.end - this.offset) {
      throw protocolError("W7", `a list of ${count} rooms is cut short`);
    }
    const rooms = new Set<Room>();
    for (let i = 0; i < count; i++) {
      rooms.add(this.#room());
    }
    return rooms;
  }

  #room(): Room {
    const tag = this.u8();
    switch (tag) {
      case RoomTag.STRING:
        return this.name();
      case RoomTag.NUMBER:
        return this.bytes.readDoubleLE(this.#advance(8)) as unknown as Room;
      case RoomTag.PRIMITIVE: {
        const start = this.#advance(this.varint());
        return readPrimitive(this.bytes.subarray(start, this.offset));
      }
      case RoomTag.OWN:
        return Symbol("a room of another process") as unknown as Room;
      default:
        throw protocolError("W8", `a room has an unknown type, ${tag}`);
    }
  }

  /** A WebSocket frame. */
  part(): Part {
    const opcode: Opcode = this.u8();
    switch (opcode) {
      case Opcode.TEXT: {
        const length = this.#payloadLength();
        const start = this.#advance(length);
        if (length === 0 || this.bytes[start] !== ENGINE_MESSAGE) {
          throw protocolError("W9", "a text is no message of Engine.IO");
        }
        return this.bytes.toString("utf8", start + 1, start + length);
      }
      case Opcode.BINARY: {
        const length = this.#payloadLength();
        const start = this.#advance(length);
        return keepableBytes(this.bytes, start, start + length);
      }
      default: {
        const unknown: never = opcode;
        throw protocolError("W9", `a part has an unknown type, ${unknown}`);
      }
    }
  }

  #payloadLength(): number {
    const length = this.u8();
    switch (length) {
      case 126:
        return this.bytes.readUInt16BE(this.#advance(2));
      case 127: {
        const start = this.#advance(8);
        return (
          this.bytes.readUInt32BE(start) * 2 ** 32 +
          this.bytes.readUInt32BE(start + 4)
        );
      }
      default:
        if (length > 127) {
          throw protocolError("W9", "a part is masked");
        }
        return length;
    }
  }

  /** Returns where it was. */
  #advance(length: number): number {
    const start = this.offset;
    if (length > this.end - start) {
      throw protocolError("W7", `${length} bytes are cut short`);
    }
    this.offset = start + length;
    return start;
  }
}

function readPrimitive(bytes: Buffer): Room {
  try {
    return deserialize(bytes) as Room;
  } catch {
    throw protocolError("W8", "a room cannot be read");
  }
}

const MAX_VARINT = 2 ** (7 * MAX_VARINT_SIZE);
