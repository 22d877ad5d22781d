/**
 * Packets <-> what the parser of the server makes of them, each encoded once, however many are to receive it.
 */
import type { ClusterAdapter } from "socket.io-adapter";
import { errorMessage, protocolError } from "./errors";
import {
  createDecoder,
  EVENT,
  internals,
  nextAckId,
  type Encoder,
  type Namespace,
  type Packet,
} from "./socket-io";
import type { PacketFrame } from "./wire/frame-reader";
import type { Part } from "./wire/frames";

/** What the parser of the server has made of a packet. */
export interface EncodedPacket {
  readonly packet: Packet;
  readonly parts: readonly unknown[];
  /** The WebSocket frame of a packet that is a single text, once it is known. */
  textFrame?: Buffer | undefined;
}

/**
 * The encoder of an adapter, which lets a packet be encoded before it is sent anywhere: an error is the caller's then,
 * and nobody has received anything. What was encoded is not encoded again by the base class.
 */
export class PacketEncoder implements Encoder {
  readonly #nsp: Namespace;
  readonly #encoder: Encoder;
  #prepared: { encoded: EncodedPacket; id: number | undefined } | undefined;

  private constructor(nsp: Namespace, encoder: Encoder) {
    this.#nsp = nsp;
    this.#encoder = encoder;
  }

  /** Takes the place of the encoder of an adapter. */
  static install(adapter: ClusterAdapter): PacketEncoder {
    const base = internals(adapter);
    const encoder = new PacketEncoder(adapter.nsp, base.encoder);
    base.encoder = encoder;
    return encoder;
  }

  /**
   * Encodes a packet for all that follows.
   *
   * @param packet - the packet, which gets its namespace
   * @param withAck - whether it gets an id, too
   * @throws what the parser of the server throws
   */
  prepare(packet: Packet, withAck = false): EncodedPacket {
    packet.nsp = this.#nsp.name as string;
    if (withAck) {
      packet.id = nextAckId(this.#nsp);
    }
    const parts: unknown = this.#encoder.encode(packet);
    // a parser may make a single part without a list around it
    return { packet, parts: Array.isArray(parts) ? parts : [parts] };
  }

  /** Remembers what the base class is about to ask for. */
  expect(encoded: EncodedPacket): void {
    this.#prepared = { encoded, id: encoded.packet.id };
  }

  encode(packet: Packet): readonly unknown[] {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    return prepared?.encoded.packet === packet && prepared.id === packet.id
      ? prepared.encoded.parts
      : this.#encoder.encode(packet);
  }

  /** What a client makes of an encoded packet: its arguments, as they come out of the parser. */
  decode(parts: readonly unknown[]): unknown[] {
    return decode(this.#nsp, parts);
  }
}

/** A packet of which the bytes are there: the arguments are decoded only for those who listen. */
export class EncodedEvent implements Packet, EncodedPacket {
  readonly type = EVENT;
  nsp: string;
  id?: number;
  readonly parts: readonly Part[];
  textFrame: Buffer | undefined;
  readonly #nsp: Namespace;
  #data: unknown[] | undefined;

  constructor(nsp: Namespace, parts: readonly Part[], textFrame?: Buffer) {
    this.#nsp = nsp;
    this.nsp = nsp.name as string;
    this.parts = parts;
    this.textFrame = textFrame;
  }

  /**
   * A packet of another worker.
   *
   * @throws {ClusterAdapterError} `ERR_PROTOCOL`
   */
  static of(nsp: Namespace, frame: PacketFrame): EncodedEvent {
    const parts = frame.readParts();
    const textFrame = isText(parts) ? frame.frameBytes : undefined;
    return new EncodedEvent(nsp, parts, textFrame);
  }

  get packet(): Packet {
    return this;
  }

  /** @throws {ClusterAdapterError} `ERR_PROTOCOL` */
  get data(): unknown[] {
    try {
      this.#data = this.#data ?? decode(this.#nsp, this.parts);
      return this.#data;
    } catch (error) {
      throw protocolError(
        "W13",
        `a packet cannot be decoded: ${errorMessage(error)}`,
      );
    }
  }
}

/**
 * The parts of an encoded packet, as they travel.
 *
 * @throws {TypeError} if the parser has made something that no transport can send
 */
export function partsOf(encoded: readonly unknown[]): readonly Part[] {
  return isText(encoded) ? encoded : encoded.map(partOf);
}

/** Whether a packet is a single text, as those without binary data are for most parsers. */
export function isText(parts: readonly unknown[]): parts is readonly [string] {
  return parts.length === 1 && typeof parts[0] === "string";
}

function partOf(part: unknown): Part {
  if (typeof part === "string" || part instanceof Uint8Array) {
    return part;
  }
  if (ArrayBuffer.isView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  if (part instanceof ArrayBuffer) {
    return new Uint8Array(part);
  }
  throw new TypeError(
    `a part of a packet is neither text nor binary: ${Object.prototype.toString.call(part)}`,
  );
}

function decode(nsp: Namespace, parts: readonly unknown[]): unknown[] {
  const decoder = createDecoder(nsp);
  if (decoder.opts) {
    // the limit is meant for clients
    decoder.opts.maxAttachments = Infinity;
  }
  let data: unknown[] = [];
  decoder.on("decoded", (packet: Packet) => {
    data = packet.data;
  });
  parts.forEach((part) => decoder.add(part));
  return data;
}
