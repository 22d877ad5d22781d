import assert from "node:assert/strict";
import { FrameWriter } from "../../../dist/wire/frame-writer";

describe("a frame that could not be written to its end", () => {
  it("leaves no trace in what follows", () => {
    const origin = { uid: "uid", nsp: "/" };
    const write = (writer: FrameWriter, rooms: Iterable<string>) =>
      writer.writePacket(
        origin,
        {
          rooms,
          except: [],
          volatile: false,
          compress: undefined,
          requestId: undefined,
        },
        ["text"],
      );
    function* broken(): Generator<string> {
      yield "room";
      throw new Error("no more rooms");
    }
    const expected = new FrameWriter();
    write(expected, ["a"]);
    write(expected, ["b"]);

    const writer = new FrameWriter();
    assert.throws(() => write(writer, broken()));
    write(writer, ["a"]);
    assert.throws(() => write(writer, broken()));
    write(writer, ["b"]);
    assert.throws(() => write(writer, broken()));
    assert.deepEqual(writer.take(), expected.take());
  });
});
