import assert from "node:assert/strict";
import { serialize } from "node:v8";
import { MessageType } from "socket.io-adapter";
import { Link } from "../../../dist/worker/link";
import type { Envelope } from "../../../dist/wire/plain";
import { busyClock } from "../support/busy-clock";
import { FakeChannel } from "../support/fake-channel";
import { FakeNode } from "../support/fake-node";
import { warningsOf } from "../support/warnings";

function answer(data: unknown): Envelope {
  const type = MessageType.SERVER_SIDE_EMIT_RESPONSE;
  return {
    source: "_sio_adapter",
    uid: "u",
    nsp: "/",
    type,
    requesterUid: "v",
    data,
  };
}

describe("the link of a process, sending an answer,", () => {
  let channel: FakeChannel;
  let link: Link;
  const node = new FakeNode("/");

  beforeEach(() => {
    channel = new FakeChannel();
    link = new Link(channel, busyClock());
  });

  it("sends it as it is", () => {
    const good = answer({ requestId: "r", packet: () => {} });
    const warnings = warningsOf(() => link.sendAnswer(node, good));
    assert.equal(channel.sent[0], good);
    assert.equal(channel.sent.length, 1);
    assert.deepEqual(warnings, []);
  });

  it("packs sockets, and nothing else, on the fast wire", async () => {
    const type = 15;
    const wire = Buffer.of(1);
    link.join(node);
    channel.receive({ ...answer("fast"), uid: "primary", nsp: "", type, wire });
    const sockets = Array.from({ length: 17 }, () => ({
      id: "same",
      rooms: [],
    }));
    const data = { requestId: "r", sockets };
    const described = MessageType.FETCH_SOCKETS_RESPONSE;
    link.sendAnswer(node, { ...answer(data), type: described });
    link.sendAnswer(node, answer({ requestId: "r", packet: sockets }));
    await Promise.resolve();
    const [section] = channel.sent[0]!["data"] as [Buffer];
    assert.equal(section.toString("latin1").split('"same"').length - 1, 18);
  });

  it("leaves out the values that the serializer refuses, and warns", () => {
    channel.encode = serialize;
    const data = { requestId: "r", packet: { f: () => {}, n: 1n } };
    const warnings = warningsOf(() => link.sendAnswer(node, answer(data)));
    assert.deepEqual(channel.sent, [
      answer({ requestId: "r", packet: { n: 1n } }),
    ]);
    assert.deepEqual(warnings, [
      "a value that cannot be sent to another worker was left out of an answer: packet.f",
    ]);
    assert.equal("f" in data.packet, true);
  });

  it("does so for JSON, too", () => {
    channel.encode = JSON.stringify;
    const data = { requestId: "r", packet: { big: 1n, ok: 1 } };
    const warnings = warningsOf(() => link.sendAnswer(node, answer(data)));
    assert.deepEqual(channel.sent, [
      answer({ requestId: "r", packet: { ok: 1 } }),
    ]);
    assert.match(warnings.join(), /: packet\.big$/);
  });

  it("warns once of a value of one name", () => {
    channel.encode = serialize;
    const send = () =>
      link.sendAnswer(node, answer({ requestId: "r", once: () => {} }));
    assert.equal(warningsOf(send).length, 1);
    assert.equal(warningsOf(send).length, 0);
    assert.equal(channel.sent.length, 2);
  });

  it("never throws because of what is in it", () => {
    let deep: unknown = () => {};
    for (let i = 0; i < 20_000; i++) {
      deep = [deep];
    }
    for (const encode of [serialize, JSON.stringify]) {
      channel.encode = encode;
      for (const packet of [new Map([["a", { f() {}, n: 1 }]]), deep]) {
        channel.sent.length = 0;
        const data = { requestId: "r", packet };
        warningsOf(() => link.sendAnswer(node, answer(data)));
        assert.equal(channel.sent.length, 1);
      }
    }
  });
});
