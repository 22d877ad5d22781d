import assert from "node:assert/strict";
import fc from "fast-check";
import { MessageType } from "socket.io-adapter";
import {
  isEnvelope,
  isOurs,
  isPlainMessage,
  MESSAGE_SOURCE,
  type Envelope,
} from "../../../dist/wire/plain";

const REQUEST = { requestId: "r" };
const SELECTION = { opts: { rooms: [], except: [], flags: {} } };
const PACKET = { type: 2, data: ["event"] };

/** One good message of each type, as 0.3.0 sends it. */
const GOOD: Record<MessageType, object> = {
  [MessageType.INITIAL_HEARTBEAT]: {},
  [MessageType.HEARTBEAT]: {},
  [MessageType.BROADCAST]: { ...SELECTION, packet: PACKET, ...REQUEST },
  [MessageType.SOCKETS_JOIN]: { ...SELECTION, rooms: ["a"] },
  [MessageType.SOCKETS_LEAVE]: { ...SELECTION, rooms: ["a"] },
  [MessageType.DISCONNECT_SOCKETS]: { ...SELECTION, close: true },
  [MessageType.FETCH_SOCKETS]: { ...SELECTION, ...REQUEST },
  [MessageType.FETCH_SOCKETS_RESPONSE]: {
    ...REQUEST,
    sockets: [{ id: "s", rooms: [], handshake: {}, data: {} }],
  },
  [MessageType.SERVER_SIDE_EMIT]: { packet: ["event", 1], ...REQUEST },
  [MessageType.SERVER_SIDE_EMIT_RESPONSE]: { ...REQUEST, packet: 1 },
  [MessageType.BROADCAST_CLIENT_COUNT]: { ...REQUEST, clientCount: 2 },
  [MessageType.BROADCAST_ACK]: { ...REQUEST, packet: 1 },
  [MessageType.ADAPTER_CLOSE]: {},
};
const TYPES = Object.keys(GOOD).map(Number) as MessageType[];

function envelope(type: number, data?: unknown): Envelope {
  return { source: MESSAGE_SOURCE, uid: "u", nsp: "/", type, data };
}

function accepts(type: MessageType, change: object): boolean {
  return isPlainMessage(envelope(type, { ...GOOD[type], ...change }));
}

describe("the messages of the plain wire", () => {
  it("accepts a good message of each type", () => {
    for (const type of TYPES) {
      assert.equal(isPlainMessage(envelope(type, GOOD[type])), true);
    }
  });

  it("refuses a type that it does not know", () => {
    for (const type of [0, -1, 14, 99]) {
      assert.equal(isPlainMessage(envelope(type, {})), false);
    }
  });

  it("wants data where the type needs it", () => {
    const needsNothing = [
      MessageType.INITIAL_HEARTBEAT,
      MessageType.HEARTBEAT,
      MessageType.ADAPTER_CLOSE,
    ];
    for (const type of TYPES) {
      for (const data of [undefined, null, "text", [], {}]) {
        assert.equal(
          isPlainMessage(envelope(type, data)),
          needsNothing.includes(type),
        );
      }
    }
  });

  const NO_REQUEST = [{ requestId: undefined }, { requestId: 1 }];
  const NO_SELECTION = [
    { opts: undefined },
    { opts: null },
    { opts: [] },
    { opts: {} },
    { opts: { rooms: "a" } },
    { opts: { rooms: [], except: "a" } },
    { opts: { rooms: [], flags: "a" } },
    { opts: { rooms: [], flags: [] } },
  ];
  const NO_ROOMS = [{ rooms: undefined }, { rooms: "a" }, { rooms: {} }];
  const REFUSED: Partial<Record<MessageType, object[]>> = {
    [MessageType.BROADCAST]: [
      ...NO_SELECTION,
      { requestId: 1 },
      { requestId: null },
      { packet: undefined },
      { packet: [] },
      { packet: { type: "2", data: [] } },
      { packet: { type: 2 } },
      { packet: { type: 2, data: "a" } },
      { packet: { type: 2.5, data: [] } },
    ],
    [MessageType.SOCKETS_JOIN]: [...NO_SELECTION, ...NO_ROOMS],
    [MessageType.SOCKETS_LEAVE]: [...NO_SELECTION, ...NO_ROOMS],
    [MessageType.DISCONNECT_SOCKETS]: NO_SELECTION,
    [MessageType.FETCH_SOCKETS]: [...NO_SELECTION, ...NO_REQUEST],
    [MessageType.FETCH_SOCKETS_RESPONSE]: [
      ...NO_REQUEST,
      { sockets: undefined },
      { sockets: {} },
      { sockets: [null] },
      { sockets: [undefined] },
      {
        sockets: [
          { id: "s", rooms: [] },
          { id: 1, rooms: [] },
        ],
      },
      { sockets: [{ id: "s", rooms: "s" }] },
    ],
    [MessageType.SERVER_SIDE_EMIT]: [
      { requestId: 1 },
      { packet: undefined },
      { packet: [] },
      { packet: [null] },
      { packet: "event" },
    ],
    [MessageType.SERVER_SIDE_EMIT_RESPONSE]: NO_REQUEST,
    [MessageType.BROADCAST_ACK]: NO_REQUEST,
    [MessageType.BROADCAST_CLIENT_COUNT]: [
      ...NO_REQUEST,
      { clientCount: undefined },
      { clientCount: "1" },
      { clientCount: -1 },
      { clientCount: 0.5 },
      { clientCount: Infinity },
    ],
  };

  for (const [type, changes] of Object.entries(REFUSED)) {
    it(`refuses a ${MessageType[Number(type)]} that lacks something`, () => {
      for (const change of changes) {
        assert.equal(
          accepts(Number(type), change),
          false,
          JSON.stringify(change),
        );
      }
    });
  }

  it("does without what is optional", () => {
    const none = { requestId: undefined };
    assert.equal(accepts(MessageType.BROADCAST, none), true);
    assert.equal(accepts(MessageType.SERVER_SIDE_EMIT, none), true);
    assert.equal(accepts(MessageType.SERVER_SIDE_EMIT, { packet: [1] }), true);
    assert.equal(
      accepts(MessageType.BROADCAST_CLIENT_COUNT, { clientCount: 0 }),
      true,
    );
    const opts = { rooms: [], except: null, flags: null };
    assert.equal(accepts(MessageType.FETCH_SOCKETS, { opts }), true);
    assert.equal(
      accepts(MessageType.FETCH_SOCKETS, { opts: { rooms: [] } }),
      true,
    );
  });

  it("answers with true or false, whatever arrives", () => {
    fc.assert(
      fc.property(
        fc.anything({ withNullPrototype: true, withMap: true }),
        (garbage) => {
          assert.equal(typeof isOurs(garbage), "boolean");
          assert.equal(typeof isEnvelope(garbage), "boolean");
          for (const type of TYPES) {
            const accepted = isPlainMessage(envelope(type, garbage));
            assert.equal(typeof accepted, "boolean");
          }
        },
      ),
    );
  });
});
