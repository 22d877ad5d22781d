/**
 * Connection state recovery, as one node sees it: packets in the order of the primary, sockets whose clients may return,
 * clients that have returned.
 */
import type {
  BroadcastOptions,
  ClusterAdapter,
  Room,
  Session,
  SocketId,
} from "socket.io-adapter";
import { LONGEST_DELAY } from "./clock";
import type { Delivery } from "./delivery";
import { LocalSessions } from "./local-sessions";
import { OrderedPackets } from "./ordered-packets";
import type { EncodedPacket, PacketEncoder } from "./packet-encoder";
import { ReturningClients } from "./returning-clients";
import type { ConnectedSocket, Packet } from "./socket-io";
import { warnOnce, warnOrThrowLater } from "./warnings";
import type { PacketFrame } from "./wire/frame-reader";
import type { Origin } from "./wire/frame-writer";
import { SessionOp, type SessionMessage } from "./wire/session-messages";
import type { Link } from "./worker/link";
import type { Node } from "./worker/node-registry";

export interface NodeRecoveryOptions {
  readonly adapter: ClusterAdapter;
  readonly node: Node;
  readonly link: Link;
  readonly encoder: PacketEncoder;
  readonly delivery: Delivery;
  /** How often the data of sockets is looked at, in ms. */
  readonly reportInterval: number;
}

export class NodeRecovery {
  readonly #adapter: ClusterAdapter;
  readonly #node: Node;
  readonly #link: Link;
  readonly #packets: OrderedPackets;
  readonly #sessions: LocalSessions;
  readonly #returning: ReturningClients;
  readonly #reportInterval: number;
  #timer: NodeJS.Timeout | undefined;
  /** How long the primary may take to say how the cluster speaks, in ms. */
  readonly #patience: number;

  constructor(options: NodeRecoveryOptions) {
    const { adapter, node, link, encoder, delivery, reportInterval } = options;
    this.#adapter = adapter;
    this.#node = node;
    this.#link = link;
    this.#packets = new OrderedPackets(adapter, link, encoder, delivery);
    const send = (message: SessionMessage) => this.#send(message);
    this.#sessions = new LocalSessions({
      adapter,
      send,
      at: () => link.position?.number ?? 0,
      onDisconnect: (id) => this.#packets.flushTo(id),
    });
    this.#returning = new ReturningClients({
      adapter,
      send,
      deliverTo: (id, frame) => {
        try {
          delivery.deliverTo(id, this.#packets.read(frame), frame.opts);
        } catch (error) {
          warnOrThrowLater(error);
        }
      },
      onReturn: (socket, session, data) =>
        this.#sessions.onReturn(socket, session, data),
    });
    this.#reportInterval = reportInterval;
    // a primary that has answered neither the greeting nor a heartbeat is one of 0.3.0
    this.#patience = Math.min(2 * reportInterval, LONGEST_DELAY);
    void link.whenTold(this.#patience).then((isTold) => {
      if (!isTold) {
        warnOnce(
          "connectionStateRecovery recovers nobody: the primary has not answered; it has to call setupPrimary() of this version",
        );
      }
    });
  }

  /** Begins, or begins again: what has arrived since `close()` is lost, and those who wait have to return for it. */
  open(): void {
    this.#packets.clear();
    this.#returning.closeAll();
    this.#sessions.end();
    this.#timer = setInterval(
      () => this.#sessions.reportInSlices(),
      this.#reportInterval,
    );
    this.#timer.unref();
  }

  /** Whether all workers share one order: clients are recovered only then. */
  get isActive(): boolean {
    return this.#link.position !== undefined;
  }

  /** @throws what the parser of the server throws */
  broadcast(origin: Origin, packet: Packet, opts: BroadcastOptions): void {
    this.#packets.broadcast(origin, packet, opts);
  }

  deliverWithAck(
    encoded: EncodedPacket,
    opts: BroadcastOptions,
    onClientCount: (clientCount: number) => void,
    onAck: (response: unknown) => void,
  ): void {
    this.#packets.broadcastWithAck(encoded, opts, onClientCount, onAck);
  }

  /** A packet that wants no acknowledgements has arrived. */
  onFrame(uid: string, frame: PacketFrame): void {
    const isOwn = uid === this.#node.uid;
    if (frame.ref !== undefined && !this.#returning.isEmpty) {
      const pins = isOwn ? this.#packets.pinsOf(frame.ref) : undefined;
      this.#returning.hold(frame, pins);
    }
    this.#packets.onFrame(isOwn, frame);
  }

  /** An event has arrived that has no room for an offset. */
  withOffset(packet: Packet): Packet {
    return { ...packet, data: [...packet.data, this.#packets.offset()] };
  }

  onSession(message: SessionMessage): void {
    switch (message.op) {
      case SessionOp.RESTORED:
        this.#returning.onRestored(message);
        break;
      case SessionOp.REFUSED:
        this.#returning.onRefused(message.id);
        break;
      case SessionOp.CLOSE: {
        const { pid, term } = message;
        this.#returning.close(message);
        this.#sessions.close(message);
        this.#send({ op: SessionOp.CLOSED, pid, term });
        break;
      }
      default:
      // for the primary
    }
  }

  /** An order begins or ends. [R5] */
  onOrder(): void {
    this.#packets.settle();
    this.#returning.closeAll();
    if (this.isActive) {
      this.#sessions.begin();
    } else {
      this.#sessions.end();
    }
  }

  /** What arrived for some time is lost: the clients have to return for it. [R6] */
  onLoss(): void {
    this.#packets.clear();
    this.#returning.closeAll();
    this.#sessions.closeAll();
  }

  /** A socket is about to join rooms; returns what is to be called when it has. */
  onJoin(id: SocketId, rooms: Iterable<Room>): () => void {
    if (!this.isActive && this.#returning.isEmpty) {
      return () => {};
    }
    const known = this.#adapter.sids.get(id);
    const joined = Array.from(rooms).filter((room) => !known?.has(room));
    this.#packets.onRoomsChange(id, joined);
    return () => this.#onJoined(id, joined);
  }

  /** A socket is about to leave rooms. */
  onLeave(id: SocketId, rooms: Room[]): void {
    if (!this.isActive) {
      return;
    }
    this.#packets.onRoomsChange(id, rooms);
    const waiting = this.#returning.get(id);
    if (waiting !== undefined) {
      // a middleware has it leave: its session is known already
      this.#sessions.sendLeave(waiting, rooms);
    } else {
      this.#sessions.onLeave(id, rooms);
    }
  }

  /** A socket is about to leave all rooms: it is gone. */
  onGone(id: SocketId): void {
    this.#returning.onGone(id);
    this.#sessions.onGone(id);
  }

  /** The connection of a socket is lost. */
  onLost(id: SocketId, data: unknown): void {
    this.#sessions.onLost(id, data);
  }

  /** `null` if the client is not recovered. */
  async restore(pid: string, offset: string): Promise<Session | null> {
    if (!ReturningClients.isWellFormed(pid, offset)) {
      return null;
    }
    await this.#link.whenTold(this.#patience);
    return this.isActive ? this.#returning.restore(pid, offset) : null;
  }

  /** The process ends: the primary gets to know what it can. */
  onExit(): void {
    this.#sessions.report();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#returning.end();
  }

  #onJoined(id: SocketId, rooms: Room[]): void {
    const waiting = this.#returning.get(id);
    const socket = this.#adapter.nsp.sockets.get(id) as
      ConnectedSocket | undefined;
    if (waiting !== undefined && socket !== undefined) {
      this.#returning.onConnected(socket);
    }
    if (waiting !== undefined && socket === undefined) {
      // a middleware has it join: its session is known already
      this.#sessions.sendJoin(waiting, rooms);
    } else {
      this.#sessions.onJoin(id, rooms);
    }
  }

  /** Messages about sessions have a meaning within one order only. */
  #send(message: SessionMessage): void {
    if (this.isActive) {
      this.#link.sendSession(this.#node, message);
    }
  }
}
