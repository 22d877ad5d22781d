import {
  Adapter,
  ClusterAdapterWithHeartbeat,
  MessageType,
  type BroadcastOptions,
  type ClusterMessage,
  type ClusterResponse,
  type Offset,
  type Room,
  type ServerId,
  type SocketId,
} from "socket.io-adapter";
import { AckRequest, AckRequests } from "./ack-requests";
import { debugWorker as debug } from "./debug";
import { errorMessage, notSendable } from "./errors";
import { PendingRequests } from "./pending-requests";
import {
  resolveAdapterOptions,
  type AdapterOptions,
  type ResolvedAdapterOptions,
} from "./options";
import {
  decodeOptions,
  describeSockets,
  encodeOptions,
  internals,
  onNodeRemoved,
  PacketEncoder,
  type Namespace,
  type Packet,
} from "./socket-io";
import { warnOnce } from "./warnings";
import { MESSAGE_SOURCE, unsendablePartOf } from "./wire/plain";
import { isPlain } from "./wire/portable";
import { ownViews } from "./wire/views";
import { processLink, type Link, type Node } from "./worker/link";

/**
 * Returns a function that Socket.IO calls to create the adapter of each namespace: `io.adapter(createAdapter())`, in
 * each worker of a cluster whose primary has called `setupPrimary()`.
 *
 * @param opts - additional options
 * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on a wrong type or range; the function that it returns throws
 *   `ERR_NO_IPC_CHANNEL` in a process that has no primary
 * @see https://nodejs.org/api/cluster.html
 */
export function createAdapter(
  opts: AdapterOptions = {},
): (nsp: Namespace) => NodeClusterAdapter {
  const options = resolveAdapterOptions(opts);
  // not an arrow function: Socket.IO calls it with "new"
  return function (nsp: Namespace) {
    return new NodeClusterAdapter(nsp, options);
  };
}

type Publishable = Parameters<ClusterAdapterWithHeartbeat["publish"]>[0];
type HeartbeatType =
  | MessageType.INITIAL_HEARTBEAT
  | MessageType.HEARTBEAT
  | MessageType.ADAPTER_CLOSE;
type BroadcastMessage = Extract<
  ClusterMessage,
  { type: MessageType.BROADCAST }
>;

/**
 * The adapter of one namespace in one worker: sends what concerns the sockets of other workers over the IPC channel, and
 * applies to its own sockets what the others send.
 */
export class NodeClusterAdapter extends ClusterAdapterWithHeartbeat {
  readonly #options: ResolvedAdapterOptions;
  readonly #link: Link;
  readonly #encoder: PacketEncoder;
  readonly #requests: PendingRequests;
  readonly #ackRequests: AckRequests;
  /** What the link calls. */
  readonly #node: Node = {
    onMessage: (message) => this.onMessage(message),
    onDisconnect: () => this.#removeAllNodes(),
    // a primary of 0.3.0 would let the others find out by themselves
    onExit: () => this.publish({ type: MessageType.ADAPTER_CLOSE }),
  };
  #state: "new" | "open" | "closed" = "new";
  #ackRequestCount = 0;

  /**
   * @param nsp - the namespace
   * @param opts - additional options
   * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on a wrong type or range, `ERR_NO_IPC_CHANNEL` in a process that
   *   has no primary
   */
  constructor(nsp: Namespace, opts: AdapterOptions = {}) {
    const options = resolveAdapterOptions(opts);
    const link = processLink();
    super(nsp, options);
    this.#options = options;
    this.#link = link;
    this.#encoder = PacketEncoder.install(this);
    this.#requests = new PendingRequests(this, options.requestsTimeout);
    this.#ackRequests = new AckRequests(this);
    onNodeRemoved(this, (uid) => this.#ackRequests.onNodeRemoved(uid));
    if (nsp.adapter instanceof NodeClusterAdapter) {
      // io.adapter() was called again
      nsp.adapter.close();
    }
    // socket.io calls it since 4.8.2 only
    this.init();
  }

  /** Joins the cluster. A second call does nothing. */
  override init(): void {
    if (this.#state !== "new") {
      return;
    }
    this.#state = "open";
    this.#link.join(this.nsp.name, this.#node);
    super.init();
    // the channel keeps the process alive: once it has closed, there is nobody left to tell
    internals(this).heartbeatTimer?.unref();
    internals(this).cleanupTimer?.unref();
  }

  /** Leaves the cluster. What waits for other nodes settles with what has arrived. A second call does nothing. */
  override close(): void {
    if (this.#state === "closed") {
      return;
    }
    super.close();
    this.#state = "closed";
    this.#link.leave(this.nsp.name, this.#node);
    this.#removeAllNodes();
  }

  override broadcast(packet: Packet, opts: BroadcastOptions): Promise<void> {
    this.#encoder.prepare(packet);
    this.#publishPacket(packet, opts, {});
    Adapter.prototype.broadcast.call(this, packet, opts);
    return Promise.resolve();
  }

  override broadcastWithAck(
    packet: Packet,
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: (...args: unknown[]) => void,
  ): void {
    this.#encoder.prepare(packet, true);
    const requestId = `${this.uid}-${this.#ackRequestCount++}`;
    this.#publishPacket(packet, opts, { requestId });
    const { nodesMap } = internals(this);
    if (opts.flags?.local) {
      // Socket.IO waits for as many answers as there are servers
      nodesMap.forEach(() => clientCountCallback(0));
    } else {
      this.#ackRequests.add(
        requestId,
        new AckRequest(nodesMap.keys(), clientCountCallback, ack),
        opts.flags?.timeout ?? this.#options.requestsTimeout,
      );
    }
    Adapter.prototype.broadcastWithAck.call(
      this,
      packet,
      opts,
      clientCountCallback,
      ack,
    );
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> {
    this.#publishUnlessLocal(opts, MessageType.SOCKETS_JOIN, { rooms });
    Adapter.prototype.addSockets.call(this, opts, rooms);
    return Promise.resolve();
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> {
    this.#publishUnlessLocal(opts, MessageType.SOCKETS_LEAVE, { rooms });
    Adapter.prototype.delSockets.call(this, opts, rooms);
    return Promise.resolve();
  }

  override disconnectSockets(
    opts: BroadcastOptions,
    close: boolean,
  ): Promise<void> {
    this.#publishUnlessLocal(opts, MessageType.DISCONNECT_SOCKETS, { close });
    Adapter.prototype.disconnectSockets.call(this, opts, close);
    return Promise.resolve();
  }

  override fetchSockets(
    opts: BroadcastOptions,
  ): ReturnType<ClusterAdapterWithHeartbeat["fetchSockets"]> {
    return super.fetchSockets({
      rooms: opts.rooms,
      except: opts.except ?? new Set(),
      flags: { timeout: this.#options.requestsTimeout, ...opts.flags },
    });
  }

  /** The ids of the sockets that are in at least one of the rooms, on all workers; of all sockets, if there is no room. */
  override async sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const sockets: { id: SocketId }[] = await this.fetchSockets({ rooms });
    return new Set(sockets.map(({ id }) => id));
  }

  /**
   * @param packet - an array of arguments, which may include an acknowledgement callback at the end
   * @throws {ClusterAdapterError} `ERR_NOT_SENDABLE` if an argument cannot be sent and there is no acknowledgement to
   *   give the error to
   */
  override serverSideEmit(packet: unknown[]): Promise<void> {
    const withAck = typeof packet[packet.length - 1] === "function";
    if (withAck) {
      return super.serverSideEmit(packet);
    }
    this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } });
    return Promise.resolve();
  }

  override onMessage(message: ClusterMessage, offset?: Offset): void {
    if (message.uid === this.uid || message.nsp !== this.nsp.name) {
      return;
    }
    const { data } = message as { data?: unknown };
    if (!isPlain(data)) {
      ownViews(data);
    }
    switch (message.type) {
      case MessageType.BROADCAST:
        this.#hear(message.uid);
        this.#onBroadcast(message);
        break;
      case MessageType.FETCH_SOCKETS:
        this.#hear(message.uid);
        this.#respond(message.uid, MessageType.FETCH_SOCKETS_RESPONSE, {
          requestId: message.data.requestId,
          sockets: describeSockets(this, decodeOptions(message.data.opts)),
        });
        break;
      case MessageType.SERVER_SIDE_EMIT:
        if (
          message.data.packet[0] === "error" &&
          this.nsp.listenerCount("error") === 0
        ) {
          // an event emitter throws it
          warnOnce(
            `another worker emitted "error" with serverSideEmit(), and the namespace ${this.nsp.name} has no listener for it`,
          );
        } else {
          super.onMessage(message, offset);
        }
        break;
      default:
        super.onMessage(message, offset);
    }
  }

  override onResponse(response: ClusterResponse): void {
    switch (response.type) {
      case MessageType.BROADCAST_CLIENT_COUNT:
        this.#ackRequests.update(response.data.requestId, (request) =>
          request.onClientCount(response.uid, response.data.clientCount),
        );
        break;
      case MessageType.BROADCAST_ACK:
        this.#ackRequests.update(response.data.requestId, (request) =>
          request.onAck(response.uid, response.data.packet),
        );
        break;
      default:
        super.onResponse(response);
    }
  }

  /**
   * Sends a message to the other nodes. The error of a request goes to the one who waits for it.
   *
   * @throws {ClusterAdapterError} `ERR_NOT_SENDABLE`
   */
  override publish(message: Publishable): void {
    const requestId = this.#requests.find(message);
    try {
      if (this.#state !== "closed") {
        super.publish(message);
      }
    } catch (cause) {
      const error = notSendable(unsendablePartOf(message), cause);
      if (requestId === undefined) {
        throw error;
      }
      this.#requests.onError(requestId, error);
    }
    if (requestId !== undefined) {
      this.#requests.onSent(requestId);
    }
  }

  protected override doPublish(message: ClusterMessage): Promise<Offset> {
    this.#link.send(Object.assign(message, { source: MESSAGE_SOURCE }));
    return Promise.resolve("");
  }

  protected override doPublishResponse(
    requesterUid: ServerId,
    response: ClusterResponse,
  ): Promise<void> {
    if (this.#state !== "closed") {
      this.#link.sendAnswer(
        Object.assign(response, { source: MESSAGE_SOURCE, requesterUid }),
      );
    }
    return Promise.resolve();
  }

  #publishUnlessLocal(
    opts: BroadcastOptions,
    type: Exclude<Publishable["type"], HeartbeatType>,
    data: object,
  ): void {
    if (!opts.flags?.local) {
      this.publish({
        type,
        data: { opts: encodeOptions(opts), ...data },
      } as Publishable);
    }
  }

  #publishPacket(packet: Packet, opts: BroadcastOptions, data: object): void {
    if (opts.flags?.local) {
      return;
    }
    if (isPlain(packet.data)) {
      try {
        this.#publishUnlessLocal(opts, MessageType.BROADCAST, {
          packet,
          ...data,
        });
        return;
      } catch (error) {
        debug("the packet needs the parser: %s", errorMessage(error));
      }
    }
    this.#publishUnlessLocal(opts, MessageType.BROADCAST, {
      packet: this.#encoder.received(packet),
      ...data,
    });
  }

  #onBroadcast({ uid, data }: BroadcastMessage): void {
    const packet = data.packet as Packet;
    const opts = decodeOptions(data.opts);
    const { requestId } = data;
    const respond = (type: MessageType, value: object) =>
      this.#respond(uid, type, { requestId, ...value });

    try {
      this.#encoder.prepare(packet, requestId !== undefined);
    } catch (error) {
      warnOnce(
        `a packet of another worker cannot be encoded here and was left out: ${errorMessage(error)}`,
      );
      if (requestId !== undefined) {
        respond(MessageType.BROADCAST_CLIENT_COUNT, { clientCount: 0 });
      }
      return;
    }
    if (requestId === undefined) {
      Adapter.prototype.broadcast.call(this, packet, opts);
      return;
    }
    Adapter.prototype.broadcastWithAck.call(
      this,
      packet,
      opts,
      (clientCount) =>
        respond(MessageType.BROADCAST_CLIENT_COUNT, { clientCount }),
      (response: unknown) =>
        respond(MessageType.BROADCAST_ACK, { packet: response }),
    );
  }

  #respond(requesterUid: ServerId, type: MessageType, data: object): void {
    this.publishResponse(requesterUid, { type, data } as Parameters<
      ClusterAdapterWithHeartbeat["publishResponse"]
    >[1]);
  }

  /** Remembers that a node is alive. */
  #hear(uid: ServerId): void {
    super.onMessage({ type: MessageType.HEARTBEAT, uid, nsp: this.nsp.name });
  }

  #removeAllNodes(): void {
    const { nodesMap, removeNode } = internals(this);
    Array.from(nodesMap.keys()).forEach(removeNode);
  }
}
