import assert from "node:assert/strict";
import { FrameWriter } from "../../../dist/wire/frame-writer";
import type { Part } from "../../../dist/wire/frames";

describe("a frame that could not be written to its end", () => {
  it("leaves no trace in what follows", () => {
    const origin = { uid: "uid", nsp: "/" };
    const write = (writer: FrameWriter, room: string, part: Part = "text") =>
      writer.writePacket(origin, { rooms: new Set([room]) }, undefined, [part]);
    const broken = {
      byteLength: 1,
      get length(): number {
        throw new Error("no bytes");
      },
    } as Uint8Array;
    const expected = new FrameWriter();
    write(expected, "a");
    write(expected, "b");

    const writer = new FrameWriter();
    assert.throws(() => write(writer, "room", broken));
    write(writer, "a");
    assert.throws(() => write(writer, "room", broken));
    write(writer, "b");
    assert.throws(() => write(writer, "room", broken));
    assert.deepEqual(writer.take(), expected.take());
  });
});
