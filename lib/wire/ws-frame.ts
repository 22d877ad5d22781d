/**
 * The WebSocket frames in which clients receive the parts of a packet: whole messages of a server, without a mask.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
import { keepable } from "./views";

export enum Opcode {
  /** FIN and the opcode of a text. */
  TEXT = 0x81,
  /** FIN and the opcode of binary data. */
  BINARY = 0x82,
}

/** The bytes of the longest header. */
export const MAX_HEADER_SIZE = 10;

/**
 * What stands before a text: "message" in the Engine.IO protocol. Binary data has nothing before it.
 *
 * @see https://github.com/socketio/engine.io-protocol#packet-encoding
 */
export const ENGINE_MESSAGE = 0x34;

const LENGTH_16 = 126;
const LENGTH_64 = 127;

function headerSize(length: number): number {
  return length < LENGTH_16 ? 2 : length < 65_536 ? 4 : MAX_HEADER_SIZE;
}

/** Writes the header of a frame; returns where its payload begins. */
export function writeHeader(
  bytes: Buffer,
  start: number,
  opcode: Opcode,
  length: number,
): number {
  bytes[start] = opcode;
  switch (headerSize(length)) {
    case 2:
      bytes[start + 1] = length;
      return start + 2;
    case 4:
      bytes[start + 1] = LENGTH_16;
      return bytes.writeUInt16BE(length, start + 2);
    default:
      bytes[start + 1] = LENGTH_64;
      bytes.writeUInt32BE(Math.floor(length / 2 ** 32), start + 2);
      return bytes.writeUInt32BE(length >>> 0, start + 6);
  }
}

/** Writes the frame of a text; returns where it ends. There has to be room for `maxTextFrameSize(text)` bytes. */
export function writeTextFrame(
  bytes: Buffer,
  start: number,
  text: string,
): number {
  // right unless the text is not ASCII, and its length near a border
  const guess = start + headerSize(text.length + 1);
  const length = bytes.write(text, guess + 1, "utf8") + 1;
  const payload = start + headerSize(length);
  if (payload !== guess) {
    bytes.copyWithin(payload + 1, guess + 1, guess + length);
  }
  writeHeader(bytes, start, Opcode.TEXT, length);
  bytes[payload] = ENGINE_MESSAGE;
  return payload + length;
}

// in UTF-16 units
const LONG_TEXT = 5_000;

/** What a text needs: of a long one, no more than that. */
export function maxTextFrameSize(text: string): number {
  const { length } = text;
  // a unit becomes three bytes at the most
  const size = length > LONG_TEXT ? Buffer.byteLength(text) : length * 3;
  return MAX_HEADER_SIZE + 1 + size;
}

// a copy of more than 1 KiB costs more than the rest of what is done for a frame
const MAX_PINNED = 64;

/** Bytes that stand among others, for clients, who may be slow to take them. */
export function keepableBytes(
  bytes: Buffer,
  start: number,
  end: number,
): Buffer {
  return keepable(bytes, MAX_PINNED, start, end);
}

export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text) + 1;
  const frame = Buffer.allocUnsafe(headerSize(length) + length);
  writeTextFrame(frame, 0, text);
  return frame;
}
