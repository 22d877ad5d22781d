import assert from "node:assert/strict";
import fc from "fast-check";
import { keepable, textFrame } from "../../../dist/wire/ws-frame";

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

describe("a part of a buffer that is kept", () => {
  const large = Buffer.allocUnsafeSlow(64_000).fill(7);

  it("is a view where it is most of that buffer", () => {
    const kept = keepable(large, 1_000, 2_000);
    assert.equal(kept.buffer, large.buffer);
    assert.deepEqual(kept, Buffer.alloc(1_000, 7));
  });

  it("is a copy where it would keep alive what is much larger", () => {
    const kept = keepable(large, 10, 999);
    assert.notEqual(kept.buffer, large.buffer);
    assert.deepEqual(kept, Buffer.alloc(989, 7));
  });

  it("looks at the memory behind a view", () => {
    const view = large.subarray(0, 100);
    assert.notEqual(keepable(view, 0, 100).buffer, large.buffer);
  });
});
