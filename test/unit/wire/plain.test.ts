import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import {
  adapterClose,
  isAnswer,
  isEnvelope,
  isKnownType,
  isOurs,
  isPlainMessage,
  MESSAGE_SOURCE,
  unsendablePartOf,
  type Envelope,
} from "../../../dist/wire/plain";

const TYPES = Object.values(MessageType).filter(
  (type): type is MessageType => typeof type === "number",
);

function envelope(type: number): Envelope {
  return { source: MESSAGE_SOURCE, uid: "u", nsp: "/", type };
}

describe("the plain wire", () => {
  it("knows its own messages by their source", () => {
    assert.equal(isOurs({ source: "_sio_adapter" }), true);
    for (const message of [
      { source: "_sio_sticky" },
      {},
      null,
      undefined,
      "_sio_adapter",
      Object.assign([], { source: "_sio_adapter" }),
    ]) {
      assert.equal(isOurs(message), false);
      assert.equal(isEnvelope(message), false);
    }
  });

  it("wants to know who sent a message, where it belongs and what it is", () => {
    const good = envelope(2);
    assert.equal(isEnvelope(good), true);
    assert.equal(isEnvelope({ ...good, nsp: "" }), true);
    assert.equal(isEnvelope({ ...good, type: 99 }), true);
    for (const change of [
      { source: "other" },
      { uid: "" },
      { uid: 1 },
      { uid: undefined },
      { nsp: undefined },
      { nsp: 1 },
      { type: "2" },
      { type: 2.5 },
      { type: NaN },
      { type: undefined },
    ]) {
      assert.equal(isEnvelope({ ...good, ...change }), false);
    }
    assert.equal(isEnvelope(Object.assign([], good)), false);
  });

  it("knows the types of 0.3.0", () => {
    assert.deepEqual(
      Array.from({ length: 20 }, (_, i) => i - 2).filter(isKnownType),
      TYPES,
    );
  });

  it("tells answers from what concerns everyone", () => {
    assert.ok(TYPES.every((type) => typeof isAnswer(type) === "boolean"));
    assert.deepEqual(TYPES.filter(isAnswer), [
      MessageType.FETCH_SOCKETS_RESPONSE,
      MessageType.SERVER_SIDE_EMIT_RESPONSE,
      MessageType.BROADCAST_CLIENT_COUNT,
      MessageType.BROADCAST_ACK,
    ]);
  });

  it("says goodbye for a node", () => {
    const goodbye = adapterClose("u", "/news");
    assert.deepEqual(goodbye, {
      source: "_sio_adapter",
      uid: "u",
      nsp: "/news",
      type: 13,
    });
    assert.ok(isEnvelope(goodbye) && isPlainMessage(goodbye));
  });

  it("names what the channel may refuse", () => {
    const part = (type: MessageType, data?: object) =>
      unsendablePartOf({ type, data } as { type: MessageType.BROADCAST });
    assert.equal(
      part(MessageType.SERVER_SIDE_EMIT, { packet: ['say "hi"', 1] }),
      'an argument of serverSideEmit("say \\"hi\\"")',
    );
    assert.equal(
      part(MessageType.BROADCAST, {}),
      "the packet, or the name of a room,",
    );
    assert.equal(part(MessageType.SOCKETS_JOIN), "the name of a room");
  });
});
