/**
 * The sockets of this node whose clients may return: what the primary has to know of them.
 */
import type { ClusterAdapter, Room, SocketId } from "socket.io-adapter";
import {
  beforeDisconnect,
  closeConnection,
  mayReturn,
  type ConnectedSocket,
} from "./socket-io";
import { attempt, warnOnce } from "./warnings";
import { keepEncodable } from "./wire/encodable";
import {
  SessionOp,
  type SessionMessage,
  type Term,
} from "./wire/session-messages";
import { encodeValue } from "./wire/values";

// the sockets whose data is looked at in one turn of the event loop
const SLICE = 500;
// no bytes would say that it has not changed
const NO_DATA = Buffer.from("{}");

interface Tracked extends Term {
  /** What the primary knows of its data: the bytes as a text, as a Buffer would keep what it was read or made with. */
  data: string;
}

export interface LocalSessionsOptions {
  readonly adapter: ClusterAdapter;
  /** Tells the primary. */
  readonly send: (message: SessionMessage) => void;
  /** The number of the packet that was delivered last. */
  readonly at: () => number;
  /** A socket is about to disconnect for good. */
  readonly onDisconnect: (id: SocketId) => void;
}

export class LocalSessions {
  readonly #options: LocalSessionsOptions;
  readonly #tracked = new Map<SocketId, Tracked>();
  readonly #ids = new Map<string, SocketId>();

  constructor(options: LocalSessionsOptions) {
    this.#options = options;
  }

  /** An order begins: the primary gets to know the sockets that are there. */
  begin(): void {
    this.end();
    const { adapter } = this.#options;
    adapter.sids.forEach((rooms, id) => this.onJoin(id, Array.from(rooms)));
  }

  /** There is no order any more. */
  end(): void {
    this.#tracked.clear();
    this.#ids.clear();
  }

  /** A socket has joined rooms; it may have connected just now. */
  onJoin(id: SocketId, rooms: Room[]): void {
    const { adapter, send, at } = this.#options;
    const tracked = this.#tracked.get(id);
    if (tracked) {
      this.sendJoin(tracked, rooms);
      return;
    }
    const socket = adapter.nsp.sockets.get(id) as ConnectedSocket | undefined;
    if (socket === undefined || !mayReturn(socket)) {
      return;
    }
    const data = encodeData(socket.data);
    this.#track(socket, { pid: socket.pid, term: 1, data: textOf(data) });
    send({
      op: SessionOp.OPEN,
      pid: socket.pid,
      sid: id,
      rooms: portable(adapter.sids.get(id) ?? []),
      at: at(),
      data,
    });
  }

  sendJoin(session: Term, rooms: Room[]): void {
    if (rooms.length > 0) {
      const { send, at } = this.#options;
      send({
        op: SessionOp.JOIN,
        ...termOf(session),
        rooms: portable(rooms),
        at: at(),
      });
    }
  }

  onLeave(id: SocketId, rooms: Room[]): void {
    const tracked = this.#tracked.get(id);
    if (tracked) {
      this.sendLeave(tracked, rooms);
    }
  }

  sendLeave(session: Term, rooms: Room[]): void {
    const { send, at } = this.#options;
    send({
      op: SessionOp.LEAVE,
      ...termOf(session),
      rooms: portable(rooms),
      at: at(),
    });
  }

  /** A client that has returned is connected. */
  onReturn(socket: ConnectedSocket, session: Term, data: Buffer): void {
    this.#track(socket, { ...session, data: textOf(data) });
  }

  /** The connection of a socket is lost; its client may return. */
  onLost(id: SocketId, data: unknown): void {
    const tracked = this.#tracked.get(id);
    if (tracked) {
      const encoded = encodeData(data);
      this.#untrack(id, tracked);
      this.#options.send({
        op: SessionOp.DETACH,
        ...termOf(tracked),
        ...(textOf(encoded) !== tracked.data && { data: encoded }),
      });
    }
  }

  /** A socket is gone, for good unless its connection was lost. */
  onGone(id: SocketId): void {
    const tracked = this.#tracked.get(id);
    if (tracked) {
      this.#untrack(id, tracked);
      this.#options.send({ op: SessionOp.END, ...termOf(tracked) });
    }
  }

  /** Its client has returned elsewhere: closes the connection of a socket. */
  close({ pid, term }: Term): void {
    const id = this.#ids.get(pid);
    if (id !== undefined && this.#tracked.get(id)?.term === term) {
      this.#close(id);
    }
  }

  /** Closes all connections: the clients have to return for what they have missed. */
  closeAll(): void {
    Array.from(this.#tracked.keys()).forEach((id) => this.#close(id));
  }

  /** Tells the primary of the data that has changed. */
  report(): void {
    this.#report(Array.from(this.#tracked.keys()), Infinity);
  }

  /** As `report()`, over as many turns of the event loop as it takes. */
  reportInSlices(): void {
    this.#report(Array.from(this.#tracked.keys()), SLICE);
  }

  #report(ids: SocketId[], slice: number): void {
    for (const id of ids.slice(0, slice)) {
      const tracked = this.#tracked.get(id);
      const socket = this.#socket(id);
      const data = tracked && socket ? encodeData(socket.data) : undefined;
      if (tracked && data && textOf(data) !== tracked.data) {
        tracked.data = textOf(data);
        this.#options.send({ op: SessionOp.DATA, ...termOf(tracked), data });
      }
    }
    if (ids.length > slice) {
      setImmediate(() => this.#report(ids.slice(slice), slice));
    }
  }

  #track(socket: ConnectedSocket, tracked: Tracked): void {
    this.#tracked.set(socket.id, tracked);
    this.#ids.set(tracked.pid, socket.id);
    beforeDisconnect(socket, () => this.#options.onDisconnect(socket.id));
  }

  #untrack(id: SocketId, { pid }: Tracked): void {
    this.#tracked.delete(id);
    this.#ids.delete(pid);
  }

  #close(id: SocketId): void {
    const socket = this.#socket(id);
    if (socket) {
      // listeners of the application run
      attempt(() => closeConnection(socket));
    }
  }

  #socket(id: SocketId): ConnectedSocket | undefined {
    return this.#options.adapter.nsp.sockets.get(id) as
      ConnectedSocket | undefined;
  }
}

function textOf(bytes: Buffer): string {
  return bytes.toString("latin1");
}

function termOf({ pid, term }: Term): Term {
  return { pid, term };
}

/** The rooms that another process knows, too. */
function portable(rooms: Iterable<unknown>): Room[] {
  return Array.from(rooms).filter(
    (room) =>
      room === null ||
      ["string", "boolean"].includes(typeof room) ||
      Number.isFinite(room),
  ) as Room[];
}

/** The data of a socket, without what cannot be kept. */
function encodeData(data: unknown): Buffer {
  const encode = (value: unknown) => encodeValue(value, true);
  try {
    return isEmpty(data) ? NO_DATA : encode(data);
  } catch {
    const kept = keepEncodable(data, encode, (path) =>
      warnOnce(
        `a value that cannot be kept for the return of a client was left out: socket.data.${path}`,
      ),
    );
    return encode(kept);
  }
}

function isEmpty(data: unknown): boolean {
  return (
    typeof data === "object" &&
    data !== null &&
    Object.getPrototypeOf(data) === Object.prototype &&
    Object.keys(data).length === 0
  );
}
