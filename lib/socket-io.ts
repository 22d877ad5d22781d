/**
 * The private shapes of Socket.IO that this library relies on, and the only file that names them. They have been the
 * same since socket.io 4.6.0 and socket.io-adapter 2.5.5.
 */
import {
  type BroadcastFlags,
  type BroadcastOptions,
  type ClusterAdapter,
  type MessageType,
  type Room,
  type ServerId,
  type SocketId,
} from "socket.io-adapter";

/** A namespace. Socket.IO's own adapters leave its type open, too: this package does not depend on `socket.io`. */
export type Namespace = any;

export interface Packet {
  readonly type: number;
  readonly data: unknown[];
  nsp?: string;
  id?: number;
}

interface Socket {
  readonly id: SocketId;
  readonly handshake: object;
  readonly rooms: Set<Room>;
  readonly data: unknown;
}

/** What other nodes learn of a socket. */
export interface SocketDetails {
  readonly id: SocketId;
  readonly handshake: object;
  readonly rooms: Room[];
  readonly data: unknown;
}

/** A request of the base class that waits for the other nodes. */
export interface PendingRequest {
  readonly type: MessageType;
  /** A promise's resolve function, or the acknowledgement of a `serverSideEmit()`. */
  readonly resolve: (...args: unknown[]) => void;
  readonly missingUids: Set<ServerId>;
  readonly responses: unknown[];
  timeout: NodeJS.Timeout;
}

interface Encoder {
  encode(packet: Packet): unknown[];
}

interface Internals<AckRequest> {
  encoder: Encoder;
  /** When each of the other nodes was last heard. */
  readonly nodesMap: Map<ServerId, number>;
  readonly customRequests: Map<string, PendingRequest>;
  readonly ackRequests: Map<string, AckRequest>;
  readonly heartbeatTimer?: NodeJS.Timeout;
  readonly cleanupTimer?: NodeJS.Timeout;
  removeNode(uid: ServerId): void;
  apply(opts: BroadcastOptions, callback: (socket: Socket) => void): void;
}

/** The fields of the base classes that TypeScript calls private. */
export function internals<AckRequest>(
  adapter: ClusterAdapter,
): Internals<AckRequest> {
  return adapter as unknown as Internals<AckRequest>;
}

/** Calls the listener with each node that the base class has just removed, whatever the reason. */
export function onNodeRemoved(
  adapter: ClusterAdapter,
  listener: (uid: ServerId) => void,
): void {
  const base = internals(adapter);
  const removeNode = base.removeNode.bind(adapter);
  base.removeNode = (uid) => {
    removeNode(uid);
    listener(uid);
  };
}

export interface EncodedOptions {
  rooms: Room[];
  except: Room[];
  flags: BroadcastFlags;
}

export function encodeOptions(opts: BroadcastOptions): EncodedOptions {
  return {
    rooms: [...opts.rooms],
    except: [...(opts.except ?? [])],
    flags: opts.flags ?? {},
  };
}

export function decodeOptions(
  opts: EncodedOptions,
): Required<BroadcastOptions> {
  return {
    rooms: new Set(opts.rooms),
    except: new Set(opts.except),
    flags: opts.flags ?? {},
  };
}

/** The local sockets that the options select, as the other nodes will see them. */
export function describeSockets(
  adapter: ClusterAdapter,
  opts: BroadcastOptions,
): SocketDetails[] {
  const sockets: SocketDetails[] = [];
  internals(adapter).apply(opts, ({ id, handshake, rooms, data }) => {
    const descriptors = Object.getOwnPropertyDescriptors(handshake);
    // the session store of express-session holds circular references
    delete (descriptors as Record<string, unknown>)["sessionStore"];
    sockets.push({
      id,
      // not read here: a getter may throw
      handshake: Object.defineProperties({}, descriptors),
      rooms: [...rooms],
      data,
    });
  });
  return sockets;
}

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
   * @throws what the parser of the server throws
   */
  prepare(packet: Packet, withAck = false): void {
    packet.nsp = this.#nsp.name as string;
    if (withAck) {
      // the base class takes the same number in the same tick
      packet.id = this.#nsp._ids as number;
    }
    const encoded = this.#encoder.encode(packet);
    this.#prepared = { packet, id: packet.id, encoded };
  }

  encode(packet: Packet): unknown[] {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    return prepared?.packet === packet && prepared.id === packet.id
      ? prepared.encoded
      : this.#encoder.encode(packet);
  }

  /** What a client makes of the packet that was prepared: the arguments, as they come out of the parser. */
  received(packet: Packet): Packet {
    const encoded =
      this.#prepared?.packet === packet
        ? this.#prepared.encoded
        : this.#encoder.encode(packet);
    // without an argument, as Socket.IO does: not every parser can take one
    const decoder = new this.#nsp.server._parser.Decoder();
    if (decoder.opts) {
      // the limit is meant for clients
      decoder.opts.maxAttachments = Infinity;
    }
    let data = packet.data;
    decoder.on("decoded", (decoded: Packet) => {
      data = decoded.data;
    });
    encoded.forEach((part) => decoder.add(part));
    return { ...packet, data };
  }
}
