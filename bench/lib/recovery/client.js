"use strict";
/**
 * Stand-ins for sockets whose clients lose their connections and come back: they do with the adapter what Socket.IO
 * does then.
 */
const CONNECT = 0;
const EVENT = 2;

/** What adapters see of a socket that may return. */
class ReturningStandIn {
  connected = true;
  acks = new Map();
  handshake = {};
  conn = { protocol: 4, close() {} };

  constructor(nsp, { sid, pid, data }, onPacket) {
    this.nsp = nsp;
    this.id = sid;
    this.pid = pid;
    this.data = data;
    this.client = { writeToEngine: onPacket };
  }

  get rooms() {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  notifyOutgoingListeners() {}

  packet(packet) {
    const { name, server } = this.nsp;
    const encoded = server.encoder.encode({ ...packet, nsp: name });
    this.client.writeToEngine(encoded, {});
  }

  disconnect() {
    return this;
  }

  join(rooms) {
    this.nsp.adapter.addAll(this.id, new Set(rooms));
  }

  /** `Socket#_onconnect()` */
  onConnect() {
    this.nsp.sockets.set(this.id, this);
    this.join([this.id]);
    this.packet({ type: CONNECT, data: { sid: this.id, pid: this.pid } });
  }
}

/**
 * A client connects, and joins rooms.
 *
 * @param session - `{ sid, pid, data }`
 * @param onPacket - called with each encoded packet that it would receive
 */
function connectClient(io, session, rooms, onPacket) {
  const socket = new ReturningStandIn(io.of("/"), session, onPacket);
  socket.onConnect();
  socket.join(rooms);
  return socket;
}

/** Its connection is lost: `Socket#_onclose()` */
function loseConnection({ id, pid, rooms, data, nsp }) {
  const session = { sid: id, pid, rooms: [...rooms], data };
  nsp.adapter.persistSession(session);
  nsp.adapter.delAll(id);
  nsp.sockets.delete(id);
}

/**
 * It is back, and has got what it has missed when the promise resolves.
 *
 * @param offset - the last one that it has received
 */
async function returnClient(io, pid, offset, onPacket) {
  const nsp = io.of("/");
  const session = await nsp.adapter.restoreSession(pid, offset);
  if (!session) {
    throw new Error(`the session ${pid} is not restored`);
  }
  const socket = new ReturningStandIn(nsp, session, onPacket);
  // the constructor of Socket
  session.rooms.forEach((room) => socket.join([room]));
  session.missedPackets.forEach((data) => socket.packet({ type: EVENT, data }));
  socket.onConnect();
}

module.exports = { connectClient, loseConnection, returnClient };
