import assert from "node:assert/strict";
import { MessageType } from "socket.io-adapter";
import { ClusterAdapterError } from "../../../dist/errors";
import { encodeValue } from "../../../dist/wire/values";
import { dispatchFrames } from "../../../dist/worker/frame-dispatch";
import { NodeRegistry } from "../../../dist/worker/node-registry";
import { FakeNode } from "../support/fake-node";
import type { NaiveFrame } from "../support/naive-frames";
import { writeAll } from "../support/read-frames";
import { stub } from "../support/stub";
import { warningsOf } from "../support/warnings";

const ORIGIN = { uid: "a1", nsp: "/" };
const ORDER = {
  position: { epoch: "epoch-", number: 0 },
  advance: () => assert.fail(),
};

function emitOf(argument: unknown, origin = ORIGIN): NaiveFrame {
  const data = encodeValue({ packet: [argument] }, true);
  const type = MessageType.SERVER_SIDE_EMIT;
  return { origin, target: undefined, type, data };
}

function packetOf(part: string, origin = ORIGIN): NaiveFrame {
  const empty = { rooms: [], except: [], volatile: false };
  const unset = { compress: undefined, requestId: undefined };
  return { origin, ...empty, ...unset, parts: [part] };
}

describe("the frames of a section", () => {
  let registry: NodeRegistry;
  let node: FakeNode;
  let other: FakeNode;

  beforeEach(() => {
    registry = new NodeRegistry();
    [node, other] = [new FakeNode("/", "n1"), new FakeNode("/news", "n2")];
    registry.add(node);
    registry.add(other);
  });

  function dispatch(...frames: NaiveFrame[]): void {
    const [section] = writeAll(frames);
    dispatchFrames(section as Buffer, registry, ORDER, false);
  }

  function emitted({ heard }: FakeNode): unknown[] {
    return heard.map((one) =>
      Array.isArray(one)
        ? one
        : (one as { data: { packet: unknown[] } }).data.packet[0],
    );
  }

  it("reach the nodes of their namespace, in their order", () => {
    const twin = new FakeNode("/", "n3");
    registry.add(twin);
    const news = { uid: "a2", nsp: "/news" };
    dispatch(emitOf("x"), packetOf("p"), emitOf("y", news), emitOf("z"));
    for (const one of [node, twin]) {
      assert.deepEqual(emitted(one), ["x", ["a1", "p"], "z"]);
      assert.deepEqual(one.alive, ["a1", "a1"]);
    }
    assert.deepEqual(emitted(other), ["y"]);
    assert.deepEqual(other.alive, ["a2"]);
  });

  it("have the form of plain messages when they arrive", () => {
    dispatch(emitOf("x"));
    assert.deepEqual(node.heard, [
      {
        source: "_sio_adapter",
        uid: "a1",
        nsp: "/",
        type: MessageType.SERVER_SIDE_EMIT,
        data: { packet: ["x"] },
      },
    ]);
  });

  it("are not decoded for a namespace that nobody has", () => {
    const origin = { uid: "a1", nsp: "/unknown" };
    const data = Buffer.from("not a value");
    const malformed = { origin, target: undefined, type: 9, data };
    const warnings = warningsOf(() => dispatch(malformed, emitOf("x")));
    assert.deepEqual(warnings, []);
    assert.deepEqual(emitted(node), ["x"]);
  });

  it("are left out when their type or their form is unknown", () => {
    const data = encodeValue({}, true);
    const unusable = [9, 99].map((type) => ({
      origin: ORIGIN,
      target: undefined,
      type,
      data,
    }));
    dispatch(...unusable, emitOf("x"));
    assert.deepEqual(emitted(node), ["x"]);
  });

  it("are left out behind a violation of the protocol, with a warning", () => {
    const [section] = writeAll([emitOf("x"), emitOf("y")]) as [Buffer];
    const cut = section.subarray(0, section.length - 1);
    const warnings = warningsOf(() =>
      dispatchFrames(cut, registry, ORDER, false),
    );
    assert.deepEqual(emitted(node), ["x"]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /\[W7\]/);
  });

  it("are left out one by one when a value is malformed", () => {
    const data = Buffer.from("not a value");
    const malformed = { origin: ORIGIN, target: undefined, type: 9, data };
    const warnings = warningsOf(() => dispatch(malformed, emitOf("x")));
    assert.match(warnings.join(), /\[W10\]/);
    assert.deepEqual(emitted(node), ["x"]);
  });

  it("are left out, and not thrown, when the parts of a packet are malformed", () => {
    const thrown: unknown[] = [];
    const restore = stub(process, "nextTick", (action: () => void) => {
      try {
        action();
      } catch (error) {
        thrown.push(error);
      }
    });
    const [section] = writeAll([packetOf("p"), emitOf("x")]) as [Buffer];
    // the opcode of the only part
    section[section.indexOf("p") - 3] = 9;
    const warnings = warningsOf(() =>
      dispatchFrames(section, registry, ORDER, false),
    );
    restore();
    assert.deepEqual(thrown, []);
    assert.match(warnings.join(), /\[W9\]/);
    assert.deepEqual(emitted(node), ["x"]);
  });

  it("reach all nodes, whatever a listener throws, and it is thrown then", () => {
    const later: Array<() => void> = [];
    const restore = stub(process, "nextTick", (action: () => void) =>
      later.push(action),
    );
    const errors = [
      new Error("of the application"),
      new ClusterAdapterError("ERR_NOT_SENDABLE", "of the application, too"),
    ];
    const failing = new FakeNode("/", "n4");
    failing.onMessage = () => {
      throw errors[later.length];
    };
    registry.delete(node);
    registry.add(failing);
    registry.add(node);
    dispatch(emitOf("x"), emitOf("y"));
    restore();
    assert.deepEqual(emitted(node), ["x", "y"]);
    assert.equal(later.length, 2);
    errors.forEach((error, i) => assert.throws(later[i] as () => void, error));
  });
});
