import assert from "node:assert/strict";
import { keepable, ownViews } from "../../../dist/wire/views";

describe("ownViews()", () => {
  const larger = Uint8Array.from([9, 9, 9, 9, 1, 0, 2, 0, 9, 9]).buffer;
  const part = () => new Uint16Array(larger, 4, 2);

  it("gives a typed array a buffer with nothing but its own bytes, wherever it is", () => {
    const value = ownViews({
      field: part(),
      list: [part()],
      map: new Map([["key", part()]]),
      set: new Set([part()]),
      view: new DataView(larger, 4, 4),
    });
    const views = [
      value.field,
      value.list[0],
      value.map.get("key"),
      [...value.set][0],
    ];
    for (const view of views) {
      assert.deepEqual(view, Uint16Array.of(1, 2));
      assert.equal(view?.buffer.byteLength, 4);
    }
    assert.equal(value.view.buffer.byteLength, 4);
    assert.equal(value.view.getUint16(2, true), 2);
  });

  it("leaves everything else as it is", () => {
    const buffer = Buffer.from("abc");
    const whole = Uint8Array.of(1);
    const value = { buffer, whole, nothing: null, n: 1, self: {} };
    value.self = value;
    assert.equal(ownViews(value), value);
    assert.equal(value.buffer, buffer);
    assert.equal(value.whole, whole);
    assert.equal(ownViews("text"), "text");
  });
});

describe("a part of a buffer that is kept", () => {
  const large = Buffer.allocUnsafeSlow(64_000).fill(7);

  it("is a view where it is most of that buffer", () => {
    const kept = keepable(large, 64, 1_000, 2_000);
    assert.equal(kept.buffer, large.buffer);
    assert.deepEqual(kept, Buffer.alloc(1_000, 7));
    assert.equal(keepable(large, 1), large);
  });

  it("is a copy where it would keep alive what is much larger", () => {
    const kept = keepable(large, 64, 10, 999);
    assert.notEqual(kept.buffer, large.buffer);
    assert.deepEqual(kept, Buffer.alloc(989, 7));
  });

  it("looks at the memory behind a view", () => {
    const view = large.subarray(0, 100);
    assert.notEqual(keepable(view, 64).buffer, large.buffer);
  });
});
