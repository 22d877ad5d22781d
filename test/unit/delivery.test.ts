import assert from "node:assert/strict";
import fc from "fast-check";
import { Server } from "socket.io";
import { Adapter, type BroadcastOptions } from "socket.io-adapter";
import { Delivery } from "../../dist/delivery";
import { protocolError } from "../../dist/errors";
import { PacketEncoder } from "../../dist/packet-encoder";
import { textFrame } from "../../dist/wire/ws-frame";
import { RecordingAdapter } from "./support/recording-adapter";
import { stub } from "./support/stub";
import { warningsOf } from "./support/warnings";

type Written = [id: string, parts: unknown, packetOpts: object];

describe("the delivery to the clients of a process", () => {
  let adapter: RecordingAdapter;
  let encoder: PacketEncoder;
  let delivery: Delivery;
  let written: Written[];

  beforeEach(() => {
    adapter = RecordingAdapter.create(new Server());
    encoder = PacketEncoder.install(adapter);
    delivery = new Delivery(adapter, encoder, false);
    written = [];
  });
  afterEach(() => adapter.close());

  function connect(id: string, rooms: string[] = [], fields = {}): void {
    const client = {
      writeToEngine: (parts: unknown, packetOpts: object) =>
        written.push([id, parts, packetOpts]),
    };
    adapter.nsp.sockets.set(id, { id, client, acks: new Map(), ...fields });
    void adapter.addAll(id, new Set([id, ...rooms]));
  }

  function event(...data: unknown[]) {
    return encoder.prepare({ type: 2, data });
  }

  function receivers(action: () => void): string[] {
    written = [];
    action();
    return written.map(([id]) => id);
  }

  it("reaches whom the in-memory adapter would reach, in the same order", () => {
    const rooms = ["r1", "r2", "r3"];
    for (let i = 0; i < 8; i++) {
      connect(
        `s${i}`,
        rooms.filter((_, bit) => i & (1 << bit)),
      );
    }
    // a socket that has joined and is not connected yet
    void adapter.addAll("early", new Set(["early", ...rooms]));
    const some = fc.subarray([...rooms, "s3", "nobody"]);
    fc.assert(
      fc.property(some, some, (inRooms, exceptRooms) => {
        const opts: BroadcastOptions = {
          rooms: new Set(inRooms),
          except: new Set(exceptRooms),
        };
        const encoded = event("a");
        assert.deepEqual(
          receivers(() => delivery.deliver(encoded, opts)),
          receivers(() =>
            Adapter.prototype.broadcast.call(adapter, encoded.packet, opts),
          ),
        );
      }),
    );
  });

  it("needs neither exceptions nor flags", () => {
    connect("s1");
    assert.deepEqual(
      receivers(() => delivery.deliver(event("a"), { rooms: new Set() })),
      ["s1"],
    );
  });

  it("hands over what the parser has made, what is to become of it, and a frame for WebSockets", () => {
    connect("s1");
    const flags = { volatile: true, compress: false };
    const encoded = event("a", "é");
    delivery.deliver(encoded, { rooms: new Set(), flags });
    const [[, parts, packetOpts]] = written as [Written];
    assert.equal(parts, encoded.parts);
    assert.deepEqual(packetOpts, {
      preEncoded: true,
      volatile: true,
      compress: false,
      wsPreEncodedFrame: [textFrame('2["a","é"]')],
    });
  });

  it("uses the frame that is known", () => {
    connect("s1");
    const known = Buffer.of(1);
    delivery.deliver({ ...event("a"), textFrame: known }, { rooms: new Set() });
    const [[, , packetOpts]] = written as [Written];
    assert.deepEqual(
      (packetOpts as { wsPreEncodedFrame: Buffer[] }).wsPreEncodedFrame,
      [known],
    );
  });

  it("has no frame for binary data", () => {
    connect("s1");
    delivery.deliver(event("a", Buffer.of(1)), { rooms: new Set() });
    const [[, parts, packetOpts]] = written as [Written];
    assert.equal((parts as unknown[]).length, 2);
    assert.equal(
      (packetOpts as { wsPreEncodedFrame?: unknown }).wsPreEncodedFrame,
      undefined,
    );
  });

  it("tells the listeners of a socket before its client gets the packet", () => {
    const told: unknown[] = [];
    connect("s1", [], {
      notifyOutgoingListeners: (packet: unknown) =>
        told.push([packet, written.length]),
    });
    const encoded = event("a");
    delivery.deliver(encoded, { rooms: new Set() });
    assert.deepEqual(told, [[encoded.packet, 0]]);
  });

  it("writes what the listeners of a socket cannot be told, with one warning, and throws what they throw", () => {
    const error = protocolError("W13", "it cannot be decoded");
    let thrown: Error = error;
    const notifyOutgoingListeners = () => {
      throw thrown;
    };
    connect("s1", [], { notifyOutgoingListeners });
    connect("s2", [], { notifyOutgoingListeners });
    const everyone = { rooms: new Set<string>() };
    const warnings = warningsOf(() =>
      assert.deepEqual(
        receivers(() => delivery.deliver(event("a"), everyone)),
        ["s1", "s2"],
      ),
    );
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]), /listeners.*it cannot be decoded/);
    thrown = new Error("a listener's");
    assert.throws(() => delivery.deliver(event("a"), everyone), thrown);
  });

  it("is left to whoever has replaced that of the in-memory adapter, unless clients may return", () => {
    connect("s1");
    const calls: unknown[][] = [];
    const replacement = function (this: unknown, ...args: [never, object]) {
      calls.push([this, ...args, encoder.encode(args[0])]);
    };
    const restore = stub(Adapter.prototype, "broadcast", replacement);
    try {
      const encoded = event("a");
      const opts = { rooms: new Set<string>() };
      const left = receivers(() => delivery.deliver(encoded, opts));
      assert.deepEqual(left, []);
      assert.deepEqual(calls, [[adapter, encoded.packet, opts, encoded.parts]]);
      const recovering = new Delivery(adapter, encoder, true);
      const own = receivers(() => recovering.deliver(encoded, opts));
      assert.deepEqual(own, ["s1"]);
      assert.equal(calls.length, 1);
    } finally {
      restore();
    }
  });

  it("knows whether a client may be meant", () => {
    const concerns = (...rooms: string[]) =>
      delivery.concerns({ rooms: new Set(rooms) });
    assert.equal(concerns(), false);
    connect("s1", ["r"]);
    assert.equal(concerns(), true);
    assert.equal(concerns("r"), true);
    assert.equal(concerns("x", "s1"), true);
    assert.equal(concerns("x"), false);
  });
});
