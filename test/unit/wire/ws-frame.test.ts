import assert from "node:assert/strict";
import fc from "fast-check";
import { textFrame } from "../../../dist/wire/ws-frame";

const { Sender } = require("ws") as {
  Sender: { frame(data: Buffer, options: object): Buffer[] };
};

describe("the WebSocket frame of a text", () => {
  it("is what the library ws makes of it", () => {
    const length = fc.oneof(
      fc.nat({ max: 200 }),
      fc.integer({ min: 65_400, max: 65_600 }),
    );
    const unit = fc.constantFrom("x", "é", "€", "😀");
    fc.assert(
      fc.property(unit, length, (character, count) => {
        const text = character.repeat(count);
        const frame = Sender.frame(Buffer.from(`4${text}`), {
          fin: true,
          opcode: 1,
          rsv1: false,
          mask: false,
          readOnly: false,
        });
        assert.deepEqual(textFrame(text), Buffer.concat(frame));
      }),
    );
  });
});
