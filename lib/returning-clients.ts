/**
 * The clients that have returned to this node: asks the primary for their sessions, and keeps what is for them until they
 * are connected.
 */
import {
  Adapter,
  type ClusterAdapter,
  type Session,
  type SocketId,
} from "socket.io-adapter";
import { debugRecovery as debug } from "./debug";
import { isFor, type Pins } from "./echo-queue";
import {
  afterConnectPacket,
  closeConnection,
  type ConnectedSocket,
} from "./socket-io";
import type { PacketFrame } from "./wire/frame-reader";
import { readMissed } from "./wire/missed-packets";
import { parseOffset } from "./wire/offsets";
import {
  SessionOp,
  type SessionMessage,
  type Term,
} from "./wire/session-messages";
import { decodeValue } from "./wire/values";

// whoever has to wait for more comes back for it
const MAX_HELD_BYTES = 1024 * 1024;
// Socket.IO makes private ids of 20 characters
const PRIVATE_ID = /^[-\w]{20}$/;

interface Held extends Term {
  readonly data: Buffer;
  readonly missed: PacketFrame[];
  readonly arrived: PacketFrame[];
  byteLength: number;
  /** The last packet that arrived for it, 0 for none: it gets it later than everyone else, or not at all. */
  lateUpTo: number;
  /** Whether its connection is to be closed: the session is given to somebody else, or there was too much to keep. */
  isOver: boolean;
}

type Restored = SessionMessage & { readonly op: SessionOp.RESTORED };

export interface ReturningClientsOptions {
  readonly adapter: ClusterAdapter;
  /** Tells the primary. */
  readonly send: (message: SessionMessage) => void;
  /** Writes a packet to a socket. */
  readonly deliverTo: (id: SocketId, frame: PacketFrame) => void;
  /** A client is connected again. */
  readonly onReturn: (
    socket: ConnectedSocket,
    session: Term,
    data: Buffer,
  ) => void;
}

interface Question {
  readonly pid: string;
  readonly resolve: (session: Session | null) => void;
}

export class ReturningClients {
  readonly #options: ReturningClientsOptions;
  readonly #questions = new Map<number, Question>();
  readonly #held = new Map<SocketId, Held>();
  #nextId = 0;

  constructor(options: ReturningClientsOptions) {
    this.#options = options;
  }

  /** Both come from the client: what has the wrong shape goes no further. */
  static isWellFormed(pid: string, offset: string): boolean {
    return PRIVATE_ID.test(pid) && parseOffset(offset) !== undefined;
  }

  /** `null` if the client is not recovered. */
  restore(pid: string, offset: string): Promise<Session | null> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#questions.set(id, { pid, resolve });
      this.#options.send({ op: SessionOp.RESTORE, id, pid, offset });
    });
  }

  /** @throws {ClusterAdapterError} `ERR_PROTOCOL`; the client is not recovered then */
  onRestored(message: Restored): void {
    const question = this.#takeQuestion(message.id);
    if (question === undefined) {
      return;
    }
    const { pid, resolve } = question;
    const { sid, rooms, term, dataSize, data: bytes } = message;
    if (this.#held.has(sid)) {
      // a connection that the client has given up waits for a middleware: there would be two sockets of one id
      this.#refuse(pid, term, resolve);
      return;
    }
    const data = (bytes as Buffer).subarray(0, dataSize);
    let missed: PacketFrame[];
    let value: unknown;
    try {
      missed = readMissed((bytes as Buffer).subarray(dataSize));
      value = dataSize === 0 ? {} : decodeValue(data);
    } catch (error) {
      this.#refuse(pid, term, resolve);
      throw error;
    }
    this.#held.set(sid, {
      pid,
      term,
      data,
      missed,
      arrived: [],
      byteLength: 0,
      lateUpTo: 0,
      isOver: false,
    });
    resolve({
      sid,
      pid,
      rooms,
      data: value,
      // sent when it is connected: a client keeps what comes before, even if that connection fails
      missedPackets: [],
    });
    // from now on, what is for these rooms is for it
    void Adapter.prototype.addAll.call(
      this.#options.adapter,
      sid,
      new Set(rooms),
    );
  }

  onRefused(id: number): void {
    this.#takeQuestion(id)?.resolve(null);
  }

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /**
   * A numbered packet is delivered to those who are connected.
   *
   * @param pins - the clients of which it is known whether they are meant
   */
  hold(frame: PacketFrame, pins: Pins | undefined): void {
    const { sids } = this.#options.adapter;
    // after a failure, there may be thousands who wait for it
    let copy: PacketFrame | undefined;
    this.#held.forEach((held, id) => {
      const isMeant = pins?.get(id) ?? isFor(frame.opts, sids.get(id));
      held.lateUpTo = isMeant ? frame.number : held.lateUpTo;
      if (isMeant && !held.isOver) {
        copy = copy ?? frame.copy();
        held.arrived.push(copy);
        held.byteLength += copy.bytes.length;
        if (held.byteLength > MAX_HELD_BYTES) {
          held.isOver = true;
          held.arrived.length = 0;
        }
      }
    });
  }

  /** The session of a socket that waits to be connected. */
  get(id: SocketId): Term | undefined {
    return this.#held.get(id);
  }

  /** A socket is connected: it gets what it has missed right after the packet that says so. */
  onConnected(socket: ConnectedSocket): void {
    const { id } = socket;
    const held = this.#held.get(id);
    if (held === undefined) {
      return;
    }
    const { onReturn, deliverTo } = this.#options;
    const { pid, term, data, missed, arrived, isOver } = held;
    this.#held.delete(id);
    onReturn(socket, { pid, term }, data);
    this.#tellLate(held);
    if (isOver) {
      // nothing reaches it any more: it would not come back for what it has not got
      Adapter.prototype.delAll.call(this.#options.adapter, id);
      // when the listeners of the application know it, so that they get to know that it is gone
      queueMicrotask(() => closeConnection(socket));
      return;
    }
    afterConnectPacket(socket, () => {
      [...missed, ...arrived].forEach((frame) => deliverTo(id, frame));
    });
  }

  /** A client is gone before it was connected: it may return once more. */
  onGone(id: SocketId): void {
    const held = this.#held.get(id);
    if (held !== undefined) {
      this.#held.delete(id);
      this.#detach(held);
    }
  }

  /** Its client has returned elsewhere. */
  close({ pid, term }: Term): void {
    this.#held.forEach((held) => {
      if (held.pid === pid && held.term === term) {
        held.isOver = true;
        this.#detach(held);
      }
    });
  }

  /** What arrives is lost, answers included: those who wait have to return once more. */
  closeAll(): void {
    this.end();
    this.#held.forEach((held) => {
      held.isOver = true;
    });
  }

  /** No answer comes any more: who waits for one is not recovered. */
  end(): void {
    const questions = Array.from(this.#questions.values());
    this.#questions.clear();
    questions.forEach(({ resolve }) => resolve(null));
  }

  /** The client is not recovered, though the primary has given its session away. */
  #refuse(pid: string, term: number, resolve: Question["resolve"]): void {
    this.#options.send({ op: SessionOp.END, pid, term });
    resolve(null);
  }

  #takeQuestion(id: number): Question | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    if (question === undefined) {
      debug("ignore an answer to a question that nobody has");
    }
    return question;
  }

  #detach(held: Held): void {
    const { pid, term } = held;
    this.#tellLate(held);
    this.#options.send({ op: SessionOp.DETACH, pid, term });
  }

  /** The primary has to know that these packets may be old, and its client has not seen them all the same. */
  #tellLate({ pid, term, lateUpTo }: Held): void {
    if (lateUpTo > 0) {
      this.#options.send({ op: SessionOp.LATE, pid, term, number: lateUpTo });
    }
  }
}
