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

export interface Socket {
  readonly id: SocketId;
  readonly handshake: object;
  readonly rooms: Set<Room>;
  readonly data: unknown;
  readonly client: {
    writeToEngine(parts: readonly unknown[], packetOpts: object): void;
  };
  /** Since socket.io 4.5. Stand-ins for sockets may have none. */
  notifyOutgoingListeners?(packet: Packet): void;
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

export interface Encoder {
  encode(packet: Packet): readonly unknown[];
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
    sockets.push({
      id,
      handshake: withoutSessionStore(handshake),
      rooms: [...rooms],
      data,
    });
  });
  return sockets;
}

/** The session store of express-session holds circular references. */
function withoutSessionStore(handshake: object): object {
  if (!("sessionStore" in handshake)) {
    return handshake;
  }
  // not read: a getter may throw, which is left to those who look at each value
  const fields = Object.getOwnPropertyDescriptors(handshake);
  delete (fields as { sessionStore?: PropertyDescriptor }).sessionStore;
  return Object.defineProperties({}, fields);
}
