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
  type Session,
  type SocketId,
} from "socket.io-adapter";
import { AckRequest, AckRequests } from "./ack-requests";
import { notSendable } from "./errors";
import { Delivery } from "./delivery";
import { IncomingPackets } from "./incoming-packets";
import { NodeRecovery } from "./node-recovery";
import { OutgoingPackets } from "./outgoing-packets";
import { PacketEncoder } from "./packet-encoder";
import {
  resolveAdapterOptions,
  type AdapterOptions,
  type ResolvedAdapterOptions,
} from "./options";
import { Requests } from "./requests";
import {
  decodeOptions,
  describeSockets,
  encodeOptions,
  internals,
  onNodeRemoved,
  recoverySettings,
  type Namespace,
} from "./socket-io";
import { warnOnce } from "./warnings";
import type { PacketFrame } from "./wire/frame-reader";
import type { Origin } from "./wire/frame-writer";
import {
  EMITTER_UID,
  isMembership,
  MESSAGE_SOURCE,
  unsendablePartOf,
} from "./wire/plain";
import { processLink, type Link } from "./worker/link";
import type { Node } from "./worker/node-registry";

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

/**
 * The adapter of one namespace in one worker: sends what concerns the sockets of other workers over the IPC channel, and
 * applies to its own sockets what the others send.
 */
export class NodeClusterAdapter extends ClusterAdapterWithHeartbeat {
  readonly #options: ResolvedAdapterOptions;
  readonly #link: Link;
  readonly #encoder: PacketEncoder;
  readonly #delivery: Delivery;
  readonly #incoming: IncomingPackets;
  readonly #outgoing: OutgoingPackets;
  readonly #requests: Requests;
  readonly #ackRequests: AckRequests;
  readonly #node: Node;
  readonly #recovery: NodeRecovery | undefined;
  /** How it signs what it sends after it was closed: it is no member any more, and must not become one again. */
  readonly #formerly: Origin;
  #state: "new" | "open" | "closed" = "new";
  #requestCount = 0;

  /**
   * @param nsp - the namespace
   * @param opts - additional options
   * @throws {ClusterAdapterError} `ERR_INVALID_OPTION` on a wrong type or range, `ERR_NO_IPC_CHANNEL` in a process that
   *   has no primary
   */
  constructor(nsp: Namespace, opts: AdapterOptions = {}) {
    const options = resolveAdapterOptions(opts);
    const link = processLink();
    super(nsp, { ...opts, ...options });
    this.#options = options;
    this.#link = link;
    this.#encoder = PacketEncoder.install(this);
    this.#delivery = new Delivery(this, this.#encoder);
    this.#outgoing = new OutgoingPackets(link, this.#encoder, (message) =>
      this.publish(message as Publishable),
    );
    this.#incoming = new IncomingPackets(
      this,
      this.#encoder,
      this.#delivery,
      (uid, type, data) => this.#respond(uid, type, data),
    );
    this.#requests = new Requests(this, () => this.#nextRequestId());
    this.#ackRequests = new AckRequests(this);
    this.#formerly = { uid: EMITTER_UID, nsp: this.nsp.name };
    const recovery = recoverySettings(nsp);
    this.#node = {
      uid: this.uid,
      nsp: this.nsp.name,
      recovery,
      onAlive: (uid) => this.#hear(uid),
      onMessage: (message) => this.onMessage(message),
      onPacket: (uid, packet) => this.#onPacket(uid, packet),
      onSession: (message) => this.#recovery?.onSession(message),
      onOrder: () => this.#recovery?.onOrder(),
      onLoss: () => this.#recovery?.onLoss(),
      onDisconnect: () => this.#removeAllNodes(),
      onExit: () => {
        this.#recovery?.onExit();
        // a primary of 0.3.0 would let the others find out by themselves
        this.publish({ type: MessageType.ADAPTER_CLOSE });
      },
      greet: () => super.init(),
    };
    this.#recovery =
      recovery &&
      new NodeRecovery({
        adapter: this,
        node: this.#node,
        link,
        encoder: this.#encoder,
        delivery: this.#delivery,
        reportInterval: options.heartbeatInterval,
      });
    onNodeRemoved(this, (uid) => this.#ackRequests.onNodeRemoved(uid));
    const previous: unknown = nsp.adapter;
    queueMicrotask(() => {
      if (nsp.adapter === this && previous instanceof NodeClusterAdapter) {
        // io.adapter() was called again
        previous.close();
      }
    });
    // socket.io calls it since 4.8.2 only
    this.init();
  }

  /** Joins the cluster. A second call does nothing. */
  override init(): void {
    if (this.#state !== "new") {
      return;
    }
    this.#state = "open";
    this.#link.join(this.#node);
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
    this.#recovery?.close();
    this.#link.leave(this.#node);
    this.#removeAllNodes();
  }

  override broadcast(
    packet: Parameters<ClusterAdapterWithHeartbeat["broadcast"]>[0],
    opts: BroadcastOptions,
  ): Promise<void> {
    if (this.#recovery?.isActive) {
      this.#recovery.broadcast(this.#origin, packet, opts);
      return DONE;
    }
    const encoded = this.#encoder.prepare(packet);
    if (!opts.flags?.local) {
      this.#outgoing.send(this.#origin, encoded, opts);
    }
    this.#delivery.deliver(encoded, opts);
    return DONE;
  }

  override broadcastWithAck(
    packet: Parameters<ClusterAdapterWithHeartbeat["broadcastWithAck"]>[0],
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: Parameters<ClusterAdapterWithHeartbeat["broadcastWithAck"]>[3],
  ): void {
    const encoded = this.#encoder.prepare(packet, true);
    const requestId = this.#nextRequestId();
    const { nodesMap } = internals(this);
    const isForAll = !opts.flags?.local && this.#state !== "closed";
    if (
      isForAll &&
      this.#outgoing.send(this.#origin, encoded, opts, requestId)
    ) {
      this.#ackRequests.add(
        requestId,
        new AckRequest(nodesMap.keys(), clientCountCallback, ack),
        opts.flags?.timeout ?? this.#options.requestsTimeout,
      );
    } else {
      // Socket.IO waits for as many answers as there are servers
      nodesMap.forEach(() => clientCountCallback(0));
    }
    const local = this.#recovery?.isActive ? this.#recovery : this.#delivery;
    local.deliverWithAck(encoded, opts, clientCountCallback, ack);
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    const onJoined = this.#recovery?.isActive
      ? this.#recovery.onJoin(id, rooms)
      : undefined;
    const result = super.addAll(id, rooms);
    onJoined?.();
    return result;
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    if (this.#recovery?.isActive) {
      this.#recovery.onLeave(id, [room]);
    }
    return super.del(id, room);
  }

  override delAll(id: SocketId): void {
    this.#recovery?.onGone(id);
    super.delAll(id);
  }

  /** The connection of a socket is lost: its client may return. */
  override persistSession({
    sid,
    data,
  }: Parameters<ClusterAdapterWithHeartbeat["persistSession"]>[0]): void {
    this.#recovery?.onLost(sid, data);
  }

  /** The session of a client that has returned, `null` if it is not recovered. */
  override async restoreSession(
    pid: string,
    offset: string,
  ): ReturnType<ClusterAdapterWithHeartbeat["restoreSession"]> {
    const session = await this.#recovery?.restore(pid, offset);
    // Socket.IO takes null for an answer
    return (session ?? null) as Session;
  }

  override addSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> {
    this.#publishUnlessLocal(opts, MessageType.SOCKETS_JOIN, { rooms });
    Adapter.prototype.addSockets.call(this, opts, rooms);
    return DONE;
  }

  override delSockets(opts: BroadcastOptions, rooms: Room[]): Promise<void> {
    this.#publishUnlessLocal(opts, MessageType.SOCKETS_LEAVE, { rooms });
    Adapter.prototype.delSockets.call(this, opts, rooms);
    return DONE;
  }

  override disconnectSockets(
    opts: BroadcastOptions,
    close: boolean,
  ): Promise<void> {
    this.#publishUnlessLocal(opts, MessageType.DISCONNECT_SOCKETS, { close });
    Adapter.prototype.disconnectSockets.call(this, opts, close);
    return DONE;
  }

  override fetchSockets(
    opts: BroadcastOptions,
  ): ReturnType<ClusterAdapterWithHeartbeat["fetchSockets"]> {
    const responses: unknown[] = [];
    internals(this).apply(opts, (socket) => responses.push(socket));
    return new Promise<unknown[]>((resolve, reject) => {
      if (opts.flags?.local) {
        resolve(responses);
        return;
      }
      this.#requests.ask({
        type: MessageType.FETCH_SOCKETS,
        responses,
        // 0 means the default, as in the base class
        timeout: opts.flags?.timeout || this.#options.requestsTimeout,
        publish: (requestId) => {
          this.publish({
            type: MessageType.FETCH_SOCKETS,
            data: { opts: encodeOptions(opts), requestId },
          });
        },
        settle: (error) => (error ? reject(error) : resolve(responses)),
      });
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
    const last = packet[packet.length - 1];
    if (typeof last !== "function") {
      this.publish({ type: MessageType.SERVER_SIDE_EMIT, data: { packet } });
      return DONE;
    }
    const args = packet.slice(0, -1);
    this.#requests.ask({
      type: MessageType.SERVER_SIDE_EMIT,
      responses: [],
      timeout: this.#options.requestsTimeout,
      publish: (requestId) => {
        this.publish({
          type: MessageType.SERVER_SIDE_EMIT,
          data: { packet: args, requestId },
        });
      },
      settle: last as (error: Error | null, responses: unknown[]) => void,
    });
    return DONE;
  }

  override onMessage(message: ClusterMessage, offset?: Offset): void {
    if (message.uid === this.uid || message.nsp !== this.nsp.name) {
      return;
    }
    switch (message.type) {
      case MessageType.BROADCAST:
        this.#hear(message.uid);
        this.#incoming.onMessage(message.uid, message.data);
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
          this.#hear(message.uid);
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
   * Sends a message to the other nodes.
   *
   * @throws {ClusterAdapterError} `ERR_NOT_SENDABLE`
   */
  override publish(message: Publishable): void {
    try {
      if (this.#state !== "closed") {
        super.publish(message);
      } else if (expectsNothing(message)) {
        // listeners of "disconnect" run after the adapter was closed, and may say so
        void this.doPublish({
          ...message,
          ...this.#formerly,
        } as ClusterMessage);
      }
    } catch (cause) {
      throw notSendable(unsendablePartOf(message), cause);
    }
  }

  protected override doPublish(message: ClusterMessage): Promise<Offset> {
    const origin = message.uid === EMITTER_UID ? this.#formerly : this.#node;
    this.#link.send(origin, Object.assign(message, { source: MESSAGE_SOURCE }));
    return Promise.resolve("");
  }

  protected override doPublishResponse(
    requesterUid: ServerId,
    response: ClusterResponse,
  ): Promise<void> {
    if (this.#state !== "closed") {
      this.#link.sendAnswer(
        this.#node,
        Object.assign(response, { source: MESSAGE_SOURCE, requesterUid }),
      );
    }
    return DONE;
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

  #onPacket(uid: ServerId, packet: PacketFrame): void {
    if (this.#recovery?.isActive && packet.requestId === undefined) {
      this.#recovery.onFrame(uid, packet);
    } else {
      this.#incoming.onFrame(uid, packet);
    }
  }

  get #origin(): Origin {
    return this.#state === "closed" ? this.#formerly : this.#node;
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

  #nextRequestId(): string {
    return `${this.uid}-${this.#requestCount++}`;
  }

  #removeAllNodes(): void {
    const { nodesMap, removeNode } = internals(this);
    Array.from(nodesMap.keys()).forEach(removeNode);
  }
}

const DONE = Promise.resolve();

/** Whether nobody waits for an answer to a message, and it is not about the sender itself. */
function expectsNothing(message: Publishable): boolean {
  return (
    !isMembership(message.type) &&
    (message as { data: { requestId?: string } }).data.requestId === undefined
  );
}
