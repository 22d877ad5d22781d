import assert from "node:assert/strict";
import { Server } from "socket.io";
import {
  PacketEncoder,
  partsOf,
  EncodedEvent,
} from "../../dist/packet-encoder";
import { internals, type Packet } from "../../dist/socket-io";
import { readFrames } from "../../dist/wire/frame-reader";
import { FrameWriter } from "../../dist/wire/frame-writer";
import { textFrame } from "../../dist/wire/ws-frame";
import { RecordingAdapter } from "./support/recording-adapter";

const msgpackParser = require("socket.io-msgpack-parser") as object;
const EVENT = 2;
const EVERYONE = { rooms: new Set<string>() };

describe("the encoder of packets", () => {
  let adapter: RecordingAdapter;
  let encoded: Packet[];
  let encoder: PacketEncoder;

  /** Installs it over a parser that writes down what it encodes. */
  function setUp(io = new Server()): void {
    adapter = RecordingAdapter.create(io);
    encoded = [];
    const parser = internals(adapter).encoder;
    internals(adapter).encoder = {
      encode(packet) {
        encoded.push(packet);
        return parser.encode(packet);
      },
    };
    encoder = PacketEncoder.install(adapter);
  }

  beforeEach(() => setUp());
  afterEach(() => adapter.close());

  function event(...data: unknown[]): Packet {
    return { type: EVENT, data };
  }

  it("takes the place of the encoder of the adapter", () => {
    assert.equal(internals(adapter).encoder, encoder);
    assert.deepEqual(encoder.encode({ ...event("a", 1), nsp: "/" }), [
      '2["a",1]',
    ]);
  });

  it("gives a packet its namespace, and no id", () => {
    const packet = event("a");
    const prepared = encoder.prepare(packet);
    assert.deepEqual(prepared, { packet, parts: ['2["a"]'] });
    assert.equal(packet.nsp, "/");
    assert.equal("id" in packet, false);
  });

  it("gives a broadcast with acknowledgements an id of its own", () => {
    adapter.nsp._ids = 7;
    const packet = event("a");
    assert.deepEqual(encoder.prepare(packet, true).parts, ['27["a"]']);
    assert.equal(packet.id, 7);
    assert.equal(encoder.prepare(event("b"), true).packet.id, 8);
  });

  it("uses what it has encoded once, for that packet and that id only", () => {
    const packet = event("a");
    encoder.expect(encoder.prepare(packet));
    assert.deepEqual(encoder.encode({ ...event("b"), nsp: "/" }), ['2["b"]']);
    encoder.expect(encoder.prepare(packet));
    assert.deepEqual(encoder.encode(packet), ['2["a"]']);
    packet.data.push("later");
    assert.deepEqual(encoder.encode(packet), ['2["a","later"]']);
    encoder.expect(encoder.prepare(packet));
    packet.id = 3;
    assert.deepEqual(encoder.encode(packet), ['23["a","later"]']);
  });

  it("throws what the parser throws", () => {
    assert.throws(() => encoder.prepare(event("a", 1n)), {
      name: "TypeError",
      message: /BigInt/,
    });
  });

  it("tells what a client makes of a packet", () => {
    const packet = event("a", { toJSON: () => "J", left: 1 }, new Date(0));
    const { parts } = encoder.prepare(packet);
    const text = '2["a","J","1970-01-01T00:00:00.000Z"]';
    assert.deepEqual(parts, [text]);
    assert.deepEqual(encoder.decode(parts), [
      "a",
      "J",
      "1970-01-01T00:00:00.000Z",
    ]);
    assert.equal(typeof packet.data[1], "object");
    assert.equal(encoded.length, 1);
  });

  it("tells what a client makes of binary data, however many pieces", () => {
    const pieces = Array.from({ length: 50 }, (_, i) => Buffer.from([i]));
    const { parts } = encoder.prepare(event("a", { pieces }, new Map()));
    assert.equal(parts.length, 51);
    assert.deepEqual(encoder.decode(parts), ["a", { pieces }, {}]);
  });

  it("speaks the parser of the server", () => {
    adapter.close();
    setUp(new Server({ parser: msgpackParser }));
    const packet = event("a", { toJSON: () => "J" }, Buffer.from("b"));
    const { parts } = encoder.prepare(packet);
    assert.equal(Buffer.isBuffer(parts[0]), true);
    assert.deepEqual(encoder.decode(parts), ["a", "J", Buffer.from("b")]);
  });

  it("takes a single part that a parser has made without a list", () => {
    for (const part of ["text", "t", Buffer.from("bytes")]) {
      internals(adapter).encoder = { encode: () => part as never };
      encoder = PacketEncoder.install(adapter);
      const { parts } = encoder.prepare(event("a"));
      assert.deepEqual(parts, [part]);
    }
  });

  it("has no arguments where a parser tells nothing", () => {
    adapter.close();
    class Silent {
      on() {}
      add() {}
    }
    const Encoder = class {
      encode = () => ["?"];
    };
    setUp(new Server({ parser: { Encoder, Decoder: Silent } as never }));
    assert.deepEqual(encoder.decode(["?"]), []);
  });
});

describe("a packet of another worker", () => {
  /** @param other - what travels with it */
  function receive(
    parts: Array<string | Buffer>,
    other = Buffer.alloc(0),
  ): EncodedEvent {
    const origin = { uid: "a1", nsp: "/" };
    const writer = new FrameWriter();
    writer.writePacket(origin, EVERYONE, undefined, parts);
    writer.writeMessage(origin, undefined, 99, other);
    let packet: EncodedEvent | undefined;
    readFrames(writer.take()[0] as Buffer, {
      onOrigin: () => {},
      onMessage: () => {},
      onSession: () => assert.fail(),
      onPacket: (frame) =>
        (packet = EncodedEvent.of(new Server().of("/"), frame)),
    });
    return packet as EncodedEvent;
  }

  it("has the bytes that its parser has made, and those of a text as a WebSocket frame", () => {
    const text = '2["a",1]';
    const packet = receive([text]);
    assert.deepEqual([packet.type, packet.nsp, packet.id], [2, "/", undefined]);
    assert.deepEqual(packet.parts, [text]);
    assert.deepEqual(packet.textFrame, textFrame(text));
    assert.equal(packet.packet, packet);
  });

  it("is decoded once, for those who listen", () => {
    const parts = ['51-["a",{"_placeholder":true,"num":0}]', Buffer.of(1)];
    const packet = receive(parts);
    const { data } = packet;
    assert.deepEqual(data, ["a", Buffer.of(1)]);
    assert.equal(packet.data, data);
    assert.deepEqual(packet.parts, parts);
    assert.equal(packet.textFrame, undefined);
  });

  it("keeps little memory for a slow client, whatever stood around it", () => {
    for (const parts of [
      ['2["a",1]'],
      ['51-["a",{"_placeholder":true,"num":0}]', Buffer.of(1)],
    ]) {
      const packet = receive(parts, Buffer.alloc(64_000));
      const bytes = packet.textFrame ?? (packet.parts[1] as Buffer);
      assert.deepEqual(packet.parts, parts);
      assert.ok(bytes.buffer.byteLength < 10_000);
    }
  });

  it("breaks the protocol when its arguments are wanted and cannot be decoded, and keeps its bytes", () => {
    const parts = ['51-["a",{"_placeholder":true,"num":7}]', Buffer.of(1)];
    const packet = receive(parts);
    for (let i = 0; i < 2; i++) {
      assert.throws(() => packet.data, {
        code: "ERR_PROTOCOL",
        message: "[W13] a packet cannot be decoded: illegal attachments",
      });
    }
    assert.deepEqual(packet.parts, parts);
  });
});

describe("the parts of an encoded packet", () => {
  it("are texts and bytes, whatever holds them", () => {
    const { buffer } = Uint8Array.of(0, 1, 2, 3);
    const bytes = Buffer.of(9);
    const parts = partsOf([
      "text",
      bytes,
      buffer,
      new DataView(buffer, 1, 2),
      new Uint16Array(buffer, 2, 1),
    ]);
    assert.equal(parts[1], bytes);
    assert.deepEqual(
      parts.map((part) => (typeof part === "string" ? part : [...part])),
      ["text", [9], [0, 1, 2, 3], [1, 2], [2, 3]],
    );
  });

  it("cannot be anything else", () => {
    for (const part of [1, null, undefined, {}, [1]]) {
      assert.throws(() => partsOf(["a", part]), {
        name: "TypeError",
        message: /neither text nor binary/,
      });
    }
  });
});
