import assert from "node:assert/strict";
import { Server } from "socket.io";
import { Adapter } from "socket.io-adapter";
import { internals, PacketEncoder, type Packet } from "../../dist/socket-io";
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

  it("encodes a broadcast once, before it is sent", () => {
    const packet = event("a");
    encoder.prepare(packet);
    assert.equal(packet.nsp, "/");
    assert.equal("id" in packet, false);
    assert.equal(encoded.length, 1);
    Adapter.prototype.broadcast.call(adapter, packet, EVERYONE);
    assert.equal(encoded.length, 1);
  });

  it("gives a broadcast with acknowledgements the id that it is about to get", () => {
    adapter.nsp._ids = 7;
    const packet = event("a");
    encoder.prepare(packet, true);
    assert.equal(packet.id, 7);
    const noop = () => {};
    Adapter.prototype.broadcastWithAck.call(
      adapter,
      packet,
      EVERYONE,
      noop,
      noop,
    );
    assert.equal(packet.id, 7);
    assert.equal(encoded.length, 1);
    assert.deepEqual(encoder.encode(packet), ['27["a"]']);
  });

  it("uses what it has encoded once, for that packet and that id only", () => {
    const packet = event("a");
    encoder.prepare(packet);
    assert.deepEqual(encoder.encode({ ...event("b"), nsp: "/" }), ['2["b"]']);
    encoder.prepare(packet);
    assert.deepEqual(encoder.encode(packet), ['2["a"]']);
    packet.data.push("later");
    assert.deepEqual(encoder.encode(packet), ['2["a","later"]']);
    encoder.prepare(packet);
    packet.id = 3;
    assert.deepEqual(encoder.encode(packet), ['23["a","later"]']);
  });

  it("throws what the parser throws", () => {
    assert.throws(() => encoder.prepare(event("a", 1n)), {
      name: "TypeError",
      message: /BigInt/,
    });
  });

  it("tells what a client will receive", () => {
    const packet = event("a", { toJSON: () => "J", left: 1 }, new Date(0));
    encoder.prepare(packet);
    assert.deepEqual(encoder.received(packet), {
      type: EVENT,
      nsp: "/",
      data: ["a", "J", "1970-01-01T00:00:00.000Z"],
    });
    assert.equal(encoded.length, 1);
    assert.equal(typeof packet.data[1], "object");
    assert.deepEqual(encoder.encode(packet), [
      '2["a","J","1970-01-01T00:00:00.000Z"]',
    ]);
    assert.equal(encoded.length, 1);
  });

  it("tells what a client will receive of binary data, however many pieces", () => {
    const pieces = Array.from({ length: 50 }, (_, i) => Buffer.from([i]));
    const packet = event("a", { pieces }, new Map());
    const { data } = encoder.received(packet);
    assert.deepEqual(data, ["a", { pieces }, {}]);
  });

  it("encodes what was not prepared", () => {
    encoder.prepare(event("other"));
    assert.deepEqual(encoder.received(event("a")).data, ["a"]);
  });

  it("speaks the parser of the server", () => {
    adapter.close();
    setUp(new Server({ parser: msgpackParser }));
    const packet = event("a", { toJSON: () => "J" }, Buffer.from("b"));
    encoder.prepare(packet);
    assert.equal(Buffer.isBuffer(encoder.encode(packet)[0]), true);
    const { data } = encoder.received(packet);
    assert.deepEqual(data, ["a", "J", Buffer.from("b")]);
  });

  it("keeps the arguments where a parser tells nothing", () => {
    adapter.close();
    class Silent {
      on() {}
      add() {}
    }
    const Encoder = class {
      encode = () => ["?"];
    };
    setUp(new Server({ parser: { Encoder, Decoder: Silent } as never }));
    assert.deepEqual(encoder.received(event("a", 1)).data, ["a", 1]);
  });
});
