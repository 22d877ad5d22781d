import assert from "node:assert/strict";
import { Server } from "socket.io";
import { Delivery } from "../../dist/delivery";
import { OrderedPackets } from "../../dist/ordered-packets";
import { PacketEncoder } from "../../dist/packet-encoder";
import { readFrames, type PacketFrame } from "../../dist/wire/frame-reader";
import { FrameWriter } from "../../dist/wire/frame-writer";
import type { Part } from "../../dist/wire/frames";
import { setFirstNumber } from "../../dist/wire/ordered-section";
import type { Link } from "../../dist/worker/link";
import { RecordingAdapter } from "./support/recording-adapter";
import { warningsOf } from "./support/warnings";

const ORIGIN = { uid: "a", nsp: "/" };
const EPOCH = "epoch1";
const EVERYONE = { rooms: new Set<string>() };

type Listener = (packet: object) => void;

/** A parser that makes everything unrecognizable, and refuses some of it. */
class Mirror {
  static Encoder = class {
    encode({ data }: { data: unknown[] }): string[] {
      if (data.includes("not encoded")) {
        throw new Error("refused");
      }
      return [mirrored(JSON.stringify(data))];
    }
  };
  static Decoder = class {
    #listener: Listener = () => {};

    on(_: string, listener: Listener): void {
      this.#listener = listener;
    }

    add(part: string): void {
      const data = JSON.parse(mirrored(part)) as unknown[];
      if (data.includes("not decoded")) {
        throw new Error("refused");
      }
      this.#listener({ type: 2, data });
    }
  };
}

function mirrored(text: string): string {
  return Array.from(text).reverse().join("");
}

describe("packets in an order", () => {
  let adapter: RecordingAdapter;
  let packets: OrderedPackets;
  let sent: Array<readonly Part[]>;
  let received: unknown[][];

  beforeEach(() => {
    adapter = RecordingAdapter.create(
      new Server({ parser: Mirror as unknown as object }),
    );
    const encoder = PacketEncoder.install(adapter);
    sent = [];
    received = [];
    const link = {
      position: { epoch: EPOCH, number: 70 },
      sendOrdered: (...args: Parameters<FrameWriter["writeOrdered"]>) => {
        sent.push(args[2]);
        return new FrameWriter().writeOrdered(...args);
      },
    } as unknown as Link;
    const delivery = new Delivery(adapter, encoder, true);
    packets = new OrderedPackets(adapter, link, encoder, delivery);
    const client = {
      writeToEngine: ([part]: [string]) =>
        received.push(JSON.parse(mirrored(part)) as unknown[]),
    };
    adapter.nsp.sockets.set("s", { id: "s", client, acks: new Map() });
    void adapter.addAll("s", new Set(["s"]));
  });
  afterEach(() => adapter.close());

  function emit(...data: unknown[]): void {
    packets.broadcast(
      ORIGIN,
      { type: 2, data },
      { rooms: new Set(), flags: { volatile: true } },
    );
  }

  /** A packet as it comes from the primary, in the frame of another node. */
  function numbered(number: number, write: (writer: FrameWriter) => void) {
    const writer = new FrameWriter();
    write(writer);
    const [section] = writer.take() as [Buffer];
    setFirstNumber(section, number);
    const frames: PacketFrame[] = [];
    readFrames(section, {
      onOrigin: () => {},
      onPacket: (frame) => frames.push(frame),
      onMessage: () => {},
      onSession: () => {},
    });
    return frames[0] as PacketFrame;
  }

  function packetOf(number: number, ...data: unknown[]): PacketFrame {
    const parts = [mirrored(JSON.stringify(data))];
    return numbered(number, (writer) =>
      writer.writeOrdered(ORIGIN, EVERYONE, parts, undefined, true),
    );
  }

  function argumentsOf(number: number, ...args: unknown[]): PacketFrame {
    const bytes = Buffer.from(JSON.stringify(args));
    return numbered(number, (writer) =>
      writer.writeArguments(ORIGIN, EVERYONE, undefined, bytes, true),
    );
  }

  it("get their offsets in each worker where the parser leaves no place for them", () => {
    emit("volatile");
    packets.onFrame(false, packetOf(70, "packet"));
    packets.onFrame(false, argumentsOf(70, "arguments"));
    assert.equal(sent.length, 1);
    assert.deepEqual(received, [
      ["volatile", "epoch1.------05"],
      ["packet", "epoch1.------05"],
      ["arguments", "epoch1.------05"],
    ]);
  });

  it("have the offsets of their own numbers, though they are given late", () => {
    for (const frame of [packetOf(64, "a"), argumentsOf(65, "b")]) {
      const { parts } = packets.read(frame);
      received.push(JSON.parse(mirrored(parts[0] as string)) as unknown[]);
    }
    assert.deepEqual(received, [
      ["a", "epoch1.------0-"],
      ["b", "epoch1.------00"],
    ]);
  });

  it("reach their clients as they are where the parser cannot decode them", () => {
    const warnings = warningsOf(() => {
      emit("volatile", "not decoded");
      packets.onFrame(false, packetOf(70, "packet", "not decoded"));
    });
    assert.deepEqual(received, [
      ["volatile", "not decoded"],
      ["packet", "not decoded"],
    ]);
    assert.deepEqual(warnings, [
      "an event has no offset: [W13] a packet cannot be decoded: refused",
    ]);
  });

  it("break the protocol where the parser cannot encode their arguments", () => {
    assert.throws(() => packets.read(argumentsOf(70, "not encoded")), {
      code: "ERR_PROTOCOL",
      message: "[W13] an event cannot be encoded: refused",
    });
  });
});
