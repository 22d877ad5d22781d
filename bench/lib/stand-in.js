"use strict";
/**
 * Stand-ins for sockets: what an adapter needs of a socket, without a connection behind it. What the adapter costs is
 * not drowned in the cost of writing to clients then.
 */

/**
 * Adds a stand-in to the main namespace.
 *
 * @param onPacket - called with each encoded packet that a client would have received
 */
function addStandIn(io, id, rooms, onPacket, fields = {}) {
  const nsp = io.of("/");
  const socket = {
    id,
    nsp,
    connected: true,
    acks: new Map(),
    data: {},
    handshake: handshake(id),
    get rooms() {
      return nsp.adapter.socketRooms(id) ?? new Set();
    },
    notifyOutgoingListeners() {},
    client: { writeToEngine: onPacket },
    ...fields,
  };
  nsp.sockets.set(id, socket);
  nsp.adapter.addAll(id, new Set([id, ...rooms]));
  return socket;
}

/** What a browser on the same network would have sent. */
function handshake(id) {
  return {
    headers: {
      host: "example.org:3000",
      connection: "Upgrade",
      upgrade: "websocket",
      origin: "https://example.org",
      "user-agent":
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
      "accept-language": "en-US,en;q=0.5",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
    time: new Date(0).toString(),
    address: "192.0.2.1",
    xdomain: true,
    secure: true,
    issued: 0,
    url: "/socket.io/?EIO=4&transport=websocket",
    query: { EIO: "4", transport: "websocket" },
    auth: { user: id },
  };
}

/** The arguments of an event that the default parser has encoded. */
function argumentsOf(encodedPackets) {
  const [text] = encodedPackets;
  return JSON.parse(text.slice(text.indexOf("["))).slice(1);
}

module.exports = { addStandIn, argumentsOf };
