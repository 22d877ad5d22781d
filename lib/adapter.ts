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
import { Broadcasts } from "./broadcasts";
import { answerFor } from "./census";
import { notSendable } from "./errors";
import { resolveAdapterOptions, type AdapterOptions } from "./options";
import { OtherNodes } from "./other-nodes";
import type { PlainBroadcast } from "./outgoing-packets";
import { Requests, type Question } from "./requests";
import {
  decodeOptions,
  encodeOptions,
  isConnecting,
  recoverySettings,
  type Namespace,
} from "./socket-io";
import { warnOnce } from "./warnings";
import type { Origin } from "./wire/frame-writer";
import {
  EMITTER_UID,
  expectsNothing,
  MESSAGE_SOURCE,
  unsendablePartOf,
} from "./wire/plain";
import { processLink, type Link } from "./worker/link";
import type { Node } from "./worker/node-registry";

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
  readonly #link: Link;
  readonly #broadcasts: Broadcasts;
  readonly #requests: Requests;
  readonly #node: Node;
  /** How it signs what it sends after it was closed: it is no member any more, and must not become one again. */
  readonly #formerly: Origin;
  readonly #others: OtherNodes;
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
    this.#others = new OtherNodes(this, options.heartbeatTimeout);
    this.#link = link;
    this.#formerly = { uid: EMITTER_UID, nsp: this.nsp.name };
    this.#node = this.#createNode();
    const nextRequestId = () => `${this.uid}-${this.#requestCount++}`;
    const { requestsTimeout, heartbeatInterval } = options;
    const publish = (message: Question | PlainBroadcast) =>
      this.publish(message as Publishable);
    this.#requests = new Requests({
      adapter: this,
      requestsTimeout,
      publish,
      nextRequestId,
    });
    this.#broadcasts = new Broadcasts({
      adapter: this,
      node: this.#node,
      link,
      requestsTimeout,
      reportInterval: heartbeatInterval,
      publish,
      respond: (uid, type, data) => this.#respond(uid, type, data),
      nextRequestId,
    });
    const previous: unknown = nsp.adapter;
    queueMicrotask(() => {
      if (nsp.adapter !== previous && previous instanceof NodeClusterAdapter) {
        // io.adapter() was called again
        previous.close();
      }
    });
    // socket.io calls it since 4.8.2 only
    this.init();
  }

  /** Joins the cluster. A second call does nothing. */
  override init(): void {
    if (this.#state === "new") {
      this.#open();
    }
  }

  /** Leaves the cluster. What waits for other nodes settles with what has arrived. A second call does nothing. */
  override close(): void {
    if (this.#state === "closed") {
      return;
    }
    super.close();
    this.#state = "closed";
    this.#broadcasts.recovery?.close();
    this.#link.leave(this.#node);
    this.#others.close();
  }

  override broadcast(
    packet: Parameters<ClusterAdapterWithHeartbeat["broadcast"]>[0],
    opts: BroadcastOptions,
  ): Promise<void> {
    this.#broadcasts.send(this.#origin, packet, opts);
    return DONE;
  }

  override broadcastWithAck(
    packet: Parameters<ClusterAdapterWithHeartbeat["broadcastWithAck"]>[0],
    opts: BroadcastOptions,
    clientCountCallback: (clientCount: number) => void,
    ack: Parameters<ClusterAdapterWithHeartbeat["broadcastWithAck"]>[3],
  ): void {
    this.#broadcasts.sendWithAck(
      this.#state === "closed" ? undefined : this.#node,
      packet,
      opts,
      clientCountCallback,
      ack,
    );
  }

  override addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    if (this.#state === "closed" && isConnecting(this.nsp, id, rooms)) {
      // Socket.IO has closed a dynamic namespace that had no clients, but some that waited for a middleware
      this.#open();
    }
    const onJoined = this.#broadcasts.recovery?.onJoin(id, rooms);
    const result = super.addAll(id, rooms);
    onJoined?.();
    return result;
  }

  override del(id: SocketId, room: Room): Promise<void> | void {
    this.#broadcasts.recovery?.onLeave(id, [room]);
    return super.del(id, room);
  }

  override delAll(id: SocketId): void {
    this.#broadcasts.recovery?.onGone(id);
    super.delAll(id);
  }

  /** The connection of a socket is lost: its client may return. */
  override persistSession({
    sid,
    data,
  }: Parameters<ClusterAdapterWithHeartbeat["persistSession"]>[0]): void {
    this.#broadcasts.recovery?.onLost(sid, data);
  }

  /** The session of a client that has returned, `null` if it is not recovered. */
  override async restoreSession(
    pid: string,
    offset: string,
  ): ReturnType<ClusterAdapterWithHeartbeat["restoreSession"]> {
    const session = await this.#broadcasts.recovery?.restore(pid, offset);
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
    return this.#requests.fetchSockets(opts);
  }

  /**
   * The number of sockets that the options select, on all workers. Cheaper than `fetchSockets()`, as no worker tells more
   * than a number.
   */
  countSockets(opts: Partial<BroadcastOptions> = {}): Promise<number> {
    return this.#requests.countSockets({ rooms: new Set(), ...opts });
  }

  /** The rooms that exist on any worker. Each socket has one of its own, by its id. */
  allRooms(): Promise<Set<Room>> {
    return this.#requests.allRooms();
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
    this.#requests.serverSideEmit(
      packet.slice(0, -1),
      last as (error: Error | null, responses: unknown[]) => void,
    );
    return DONE;
  }

  override onMessage(message: ClusterMessage, offset?: Offset): void {
    if (message.uid === this.uid || message.nsp !== this.nsp.name) {
      return;
    }
    switch (message.type) {
      case MessageType.BROADCAST:
        this.#hear(message.uid);
        this.#broadcasts.onMessage(message);
        break;
      case MessageType.FETCH_SOCKETS:
        this.#hear(message.uid);
        this.#respond(message.uid, MessageType.FETCH_SOCKETS_RESPONSE, {
          requestId: message.data.requestId,
          sockets: answerFor(
            this,
            decodeOptions(message.data.opts),
            (message.data as { want?: unknown }).want,
          ),
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
    if (!this.#broadcasts.onResponse(response)) {
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

  #open(): void {
    this.#state = "open";
    this.#broadcasts.recovery?.open();
    this.#link.join(this.#node);
    this.#others.open(() => super.init());
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

  #createNode(): Node {
    // the others exist by the time at which it is asked
    const recovery = () => this.#broadcasts.recovery;
    return {
      uid: this.uid,
      nsp: this.nsp.name,
      server: this.nsp.server,
      recovery: recoverySettings(this.nsp),
      onAlive: (uid) => this.#hear(uid),
      onMessage: (message) => this.onMessage(message),
      onPacket: (uid, packet) => this.#broadcasts.onFrame(uid, packet),
      onSession: (message) => recovery()?.onSession(message),
      onOrder: () => recovery()?.onOrder(),
      onLoss: () => recovery()?.onLoss(),
      onNodes: (uids) => this.#others.keep(uids),
      onDisconnect: () => this.#others.keepNone(),
      onExit: () => {
        recovery()?.onExit();
        // a primary of 0.3.0 would let the others find out by themselves
        this.publish({ type: MessageType.ADAPTER_CLOSE });
        // listeners behind this one may send, and it would be taken for alive
        this.#state = "closed";
      },
      greet: () => super.init(),
    };
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
}

const DONE = Promise.resolve();
