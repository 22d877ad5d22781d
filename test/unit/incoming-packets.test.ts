import assert from "node:assert/strict";
import { Server } from "socket.io";
import { MessageType } from "socket.io-adapter";
import { Delivery } from "../../dist/delivery";
import { IncomingPackets } from "../../dist/incoming-packets";
import { PacketEncoder } from "../../dist/packet-encoder";
import { readFrames, type PacketFrame } from "../../dist/wire/frame-reader";
import { FrameWriter } from "../../dist/wire/frame-writer";
import { RecordingAdapter } from "./support/recording-adapter";
import { warningsOf } from "./support/warnings";

describe("the packets of other nodes", () => {
  it("that ask for acknowledgements are not read where nobody is meant", () => {
    const adapter = RecordingAdapter.create(new Server());
    const encoder = PacketEncoder.install(adapter);
    const delivery = new Delivery(adapter, encoder, false);
    const answers: unknown[] = [];
    const packets = new IncomingPackets(
      adapter,
      encoder,
      delivery,
      (uid, type, data) => answers.push([uid, type, data]),
    );
    const writer = new FrameWriter();
    const opts = { rooms: new Set(["r"]) };
    // no parser could read it
    writer.writePacket({ uid: "u", nsp: "/" }, opts, "id", ["2["]);
    let frame: PacketFrame | undefined;
    readFrames(writer.take()[0] as Buffer, {
      onOrigin: () => {},
      onMessage: () => {},
      onSession: () => {},
      onPacket: (packet) => (frame = packet),
    });
    const warnings = warningsOf(() => packets.onFrame("u", frame!));
    assert.deepEqual(warnings, []);
    assert.deepEqual(answers, [
      [
        "u",
        MessageType.BROADCAST_CLIENT_COUNT,
        { requestId: "id", clientCount: 0 },
      ],
    ]);
    adapter.close();
  });
});
