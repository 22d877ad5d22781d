/**
 * Packets <-> what the parser of the server makes of them, each encoded once, however many are to receive it.
 */
import type { ClusterAdapter } from "socket.io-adapter";
import {
  internals,
  type Encoder,
  type Namespace,
  type Packet,
} from "./socket-io";
import type { Part } from "./wire/frames";

/**
 * The encoder of an adapter, which lets a packet be encoded before it is sent anywhere: an error is the caller's then,
 * and nobody has received anything. What was encoded is not encoded again by the base class.
 */
export class PacketEncoder implements Encoder {
  readonly #nsp: Namespace;
  readonly #encoder: Encoder;
  #prepared:
    { packet: Packet; id: number | undefined; encoded: unknown[] } | undefined;

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
   * @param withAck - whether it is about to get its id, too
   * @returns what the parser of the server makes of it
   * @throws what the parser of the server throws
   */
  prepare(packet: Packet, withAck = false): unknown[] {
    packet.nsp = this.#nsp.name as string;
    if (withAck) {
      // the base class takes the same number in the same tick
      packet.id = this.#nsp._ids as number;
    }
    const encoded = this.#encoder.encode(packet);
    this.#prepared = { packet, id: packet.id, encoded };
    return encoded;
  }

  /** A packet of another worker, ready for the clients of this one: it is decoded only for those who listen. */
  adopt(parts: Part[]): Packet {
    const packet = new ReceivedPacket(this.#nsp, parts);
    this.#prepared = { packet, id: undefined, encoded: parts };
    return packet;
  }

  encode(packet: Packet): unknown[] {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    return prepared?.packet === packet && prepared.id === packet.id
      ? prepared.encoded
      : this.#encoder.encode(packet);
  }

  /** What a client makes of an encoded packet: its arguments, as they come out of the parser. */
  decode(encoded: readonly unknown[]): unknown[] {
    return decode(this.#nsp, encoded);
  }
}

/**
 * The parts of an encoded packet, as they travel.
 *
 * @throws {TypeError} if the parser has made something that no transport can send
 */
export function partsOf(encoded: readonly unknown[]): Part[] {
  return encoded.map((part) => {
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
  });
}

class ReceivedPacket implements Packet {
  // an event: only events are broadcast
  readonly type = 2;
  nsp: string;
  id?: number;
  readonly #nsp: Namespace;
  readonly #parts: Part[];
  #data: unknown[] | undefined;

  constructor(nsp: Namespace, parts: Part[]) {
    this.#nsp = nsp;
    this.nsp = nsp.name as string;
    this.#parts = parts;
  }

  get data(): unknown[] {
    this.#data = this.#data ?? decode(this.#nsp, this.#parts);
    return this.#data;
  }
}

function decode(nsp: Namespace, encoded: readonly unknown[]): unknown[] {
  // without an argument, as Socket.IO does: not every parser can take one
  const decoder = new nsp.server._parser.Decoder();
  if (decoder.opts) {
    // the limit is meant for clients
    decoder.opts.maxAttachments = Infinity;
  }
  let data: unknown[] = [];
  decoder.on("decoded", (packet: Packet) => {
    data = packet.data;
  });
  encoded.forEach((part) => decoder.add(part));
  return data;
}
