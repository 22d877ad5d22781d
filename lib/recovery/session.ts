import type { Room } from "socket.io-adapter";
import type { LoggedPacket } from "./packet-log";
import { isAfter, RoomHistory, type Moment } from "./room-history";

/** What is kept of a socket, so that its client may return. */
export class Session {
  /** The private id, which its client alone knows. */
  readonly pid: string;
  /** The id of its socket. */
  readonly sid: string;
  readonly nsp: string;
  /** What came before was for nobody, or for a session that is over. */
  readonly since: Moment;
  readonly rooms = new RoomHistory();
  /** The bytes of the data as a text: a part of something larger would keep that in memory. */
  #data = "";
  /** The node that has its socket, or had it last. */
  owner: string;
  /** How often it was given to a node. */
  term = 1;
  /** When the connection was lost, in ms of the clock; `undefined` as long as it is there. */
  detachedAt: number | undefined;
  /**
   * The highest number of what it was given later than everyone else: that it is old does not say that its client has
   * seen it.
   */
  lateUpTo = 0;

  constructor(
    pid: string,
    sid: string,
    nsp: string,
    since: Moment,
    data: Buffer | undefined,
  ) {
    this.pid = pid;
    this.sid = sid;
    this.nsp = nsp;
    this.since = since;
    this.owner = since.node;
    this.setData(data);
  }

  /** The data of the socket, which workers alone read. */
  get data(): Buffer {
    return Buffer.from(this.#data, "latin1");
  }

  /** @param data - nothing if it has not changed */
  setData(data: Buffer | undefined): void {
    if (data !== undefined && data.length > 0) {
      this.#data = data.toString("latin1");
    }
  }

  /** Whether a packet was for its socket when it was delivered. */
  isFor(packet: LoggedPacket): boolean {
    const isIn = (room: Room) => this.rooms.had(room, packet);
    return (
      isAfter(packet, this.since) &&
      (packet.rooms.length === 0 || packet.rooms.some(isIn)) &&
      !packet.except.some(isIn)
    );
  }
}
