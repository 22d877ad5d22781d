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

import type { RecoverySettings } from "./wire/fast";

/** A namespace. Socket.IO's own adapters leave its type open, too: this package does not depend on `socket.io`. */
export type Namespace = any;

/** What listeners of events that nobody has declared take and answer. */
export type Anything = any;

/** The type of a packet that carries an event; only those are broadcast. */
export const EVENT = 2;

export interface Packet {
  readonly type: number;
  readonly data: unknown[];
  nsp?: string;
  id?: number;
}

export interface Socket {
  readonly id: SocketId;
  readonly acks: Map<number, (response: unknown) => void>;
  readonly handshake: object;
  readonly rooms: Set<Room>;
  readonly data: unknown;
  readonly client: {
    writeToEngine(parts: readonly unknown[], packetOpts: object): void;
  };
  /** Since socket.io 4.5. Stand-ins for sockets may have none. */
  notifyOutgoingListeners?(packet: Packet): void;
}

/** A socket whose client may return. */
export interface ConnectedSocket {
  readonly id: SocketId;
  /** What its client knows it by when it returns. */
  readonly pid: string;
  readonly data: unknown;
  readonly connected: boolean;
  readonly conn: {
    readonly protocol: number;
    close(discard: boolean): void;
  };
  packet(...args: unknown[]): void;
  disconnect(close?: boolean): this;
}

/** Whether the client of a socket can return: it has been told a private id. */
export function mayReturn({ pid, conn }: ConnectedSocket): boolean {
  // clients of Socket.IO 2 are told nothing
  return typeof pid === "string" && conn?.protocol !== 3;
}

/** Calls back once, right after the packet by which a client learns that it is connected. */
export function afterConnectPacket(
  socket: ConnectedSocket,
  callback: () => void,
): void {
  socket.packet = (...args) => {
    // the method of the class is there again
    delete (socket as Partial<ConnectedSocket>).packet;
    socket.packet(...args);
    callback();
  };
}

const hooked = new WeakMap<ConnectedSocket, () => void>();

/**
 * Calls back before the server disconnects a socket, so that its client gets what was sent to it before. The callback that
 * was given last counts.
 */
export function beforeDisconnect(
  socket: ConnectedSocket,
  callback: () => void,
): void {
  if (!hooked.has(socket)) {
    const { disconnect } = socket;
    socket.disconnect = (close) => {
      if (socket.connected) {
        hooked.get(socket)?.();
      }
      return disconnect.call(socket, close) as typeof socket;
    };
  }
  hooked.set(socket, callback);
}

/** Closes the connection below a socket at once, whatever waits in it: its client will return. */
export function closeConnection({ conn }: ConnectedSocket): void {
  conn.close(true);
}

/** What the option `connectionStateRecovery` of a server says, if it is on. */
export function recoverySettings(nsp: Namespace): RecoverySettings | undefined {
  const { connectionStateRecovery, pingInterval, pingTimeout } =
    nsp.server.opts;
  if (!connectionStateRecovery) {
    return undefined;
  }
  const { maxDisconnectionDuration } = connectionStateRecovery;
  const interval = (pingInterval as number | undefined) ?? 25_000;
  const timeout = (pingTimeout as number | undefined) ?? 20_000;
  return {
    // JSON has no Infinity
    maxDisconnectionDuration: Math.min(
      (maxDisconnectionDuration as number | undefined) ?? 120_000,
      Number.MAX_SAFE_INTEGER,
    ),
    // what was sent before a ping that was answered has arrived; then comes one that is not answered
    noticeAfter: timeout + interval + timeout + SLACK,
  };
}

// for timers that are late, in ms
const SLACK = 5_000;

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

interface Decoder {
  /** Of the default parser, since it has a limit. */
  readonly opts?: { maxAttachments: number };
  on(event: "decoded", listener: (packet: Packet) => void): void;
  add(part: unknown): void;
}

interface Internals<AckRequest> {
  encoder: Encoder;
  /** When each of the other nodes was last heard. */
  readonly nodesMap: Map<ServerId, number>;
  readonly customRequests: Map<string, PendingRequest>;
  readonly ackRequests: Map<string, AckRequest>;
  heartbeatTimer: NodeJS.Timeout | undefined;
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

/** The next id of a packet that asks for an acknowledgement. */
export function nextAckId(nsp: Namespace): number {
  return nsp._ids++ as number;
}

/** Made without an argument, as by Socket.IO: not every parser can take one. */
export function createDecoder(nsp: Namespace): Decoder {
  return new nsp.server._parser.Decoder() as Decoder;
}

/** Whether rooms are joined because a socket is connected: each joins one of its own then. */
export function isConnecting(
  nsp: Namespace,
  id: SocketId,
  rooms: ReadonlySet<Room>,
): boolean {
  return rooms.has(id) && nsp.sockets.has(id);
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

/** The connection below the sockets of a client. */
export interface Connection {
  /** Closes it when what was sent has left, or at once. */
  close(discard?: boolean): void;
}

/** A server of Socket.IO, which is more than an HTTP server. */
export interface SocketIoServer {
  of(nsp: string): unknown;
}

/** What of a server matters where it comes to rest. */
export interface RestingServer {
  readonly httpServer?: { readonly listening: boolean; close(): void };
  readonly engine?: {
    readonly clients: Record<string, Connection>;
    readonly clientsCount: number;
    readonly opts: {
      /** Asked for each new connection; the first argument of the callback is the reason why not. */
      allowRequest?: (
        request: unknown,
        callback: (
          reason: string | null | undefined,
          isAllowed: boolean,
        ) => void,
      ) => void;
    };
  };
}
