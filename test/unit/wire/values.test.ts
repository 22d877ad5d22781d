import assert from "node:assert/strict";
import fc from "fast-check";
import { ClusterAdapterError } from "../../../dist/errors";
import {
  decodeValue,
  encodeAlike,
  encodeValue,
} from "../../../dist/wire/values";

const rich = fc.anything({
  withBigInt: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withObjectString: true,
});

const forJson = fc.anything({
  withDate: true,
  withMap: true,
  withObjectString: true,
  withNullPrototype: true,
  withSparseArray: true,
});

function travel(value: unknown, isBinary: boolean): unknown {
  return decodeValue(encodeValue(value, isBinary));
}

describe("a value", () => {
  it("arrives as JSON makes it, where the channel is json", () => {
    fc.assert(
      fc.property(forJson, (value) => {
        const text = JSON.stringify(value) as string | undefined;
        const expected: unknown =
          text === undefined ? undefined : JSON.parse(text);
        assert.deepEqual(travel(value, false), expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it("arrives with its binary data, where the channel is json", () => {
    const buffer = Buffer.from("buffer");
    const view = new Uint16Array([1, 2, 3]).subarray(1);
    const date = new Date(0);
    const value = {
      top: buffer,
      list: [view, undefined, date, () => {}],
      deep: { bytes: buffer.buffer.slice(0, 3), map: new Map([[1, buffer]]) },
      made: { toJSON: () => ({ inner: buffer }) },
      text: "text",
    };
    assert.deepEqual(travel(value, false), {
      top: buffer,
      list: [view, null, date.toJSON(), null],
      deep: { bytes: buffer.buffer.slice(0, 3), map: {} },
      made: { inner: buffer },
      text: "text",
    });
    assert.deepEqual(travel(buffer, false), buffer);
    assert.equal(Buffer.isBuffer(travel(buffer, false)), true);
  });

  it("is not changed by being sent", () => {
    const value = { list: [Buffer.of(1)], made: new Date(0) };
    travel(value, false);
    assert.deepEqual(value, { list: [Buffer.of(1)], made: new Date(0) });
  });

  it("arrives as a structured clone, where the channel is advanced", () => {
    fc.assert(
      fc.property(rich, (value) => {
        assert.deepEqual(travel(value, true), structuredClone(value));
      }),
      { numRuns: 1_000 },
    );
    const date = new Date(7);
    assert.deepEqual(travel({ date }, true), { date });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const copy = travel(circular, true) as typeof circular;
    assert.equal(copy.self, copy);
    assert.equal(Buffer.isBuffer(travel(Buffer.of(1), true)), true);
  });

  it("arrives the same where many objects are said to be alike", () => {
    const row = fc.record({ id: fc.string(), tags: fc.array(fc.string()) });
    const rows = (other: fc.Arbitrary<unknown>) =>
      fc.array(fc.oneof(row, other), { minLength: 20 });
    const alike = (value: unknown, isBinary: boolean) =>
      decodeValue(encodeAlike(value, isBinary));
    fc.assert(
      fc.property(rows(rich), (value) => {
        assert.deepEqual(alike(value, true), structuredClone(value));
      }),
    );
    fc.assert(
      fc.property(rows(forJson), (value) => {
        const expected: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(alike(value, false), expected);
      }),
    );
  });

  it("is packed where its objects are alike and not few", () => {
    // with the list around them
    const rows = (count: number) =>
      Array.from({ length: count - 1 }, () => ({}));
    for (const isBinary of [true, false]) {
      const first = (value: unknown) => encodeAlike(value, isBinary)[0];
      assert.equal(first(rows(16)), "[".charCodeAt(0));
      assert.equal(first(rows(17)), 0xfe);
      assert.equal(first([...rows(17), Buffer.of(1)]), 0xff);
      assert.equal(encodeValue(rows(17), isBinary)[0], "[".charCodeAt(0));
    }
  });

  it("is refused with the error of the serializer", () => {
    assert.throws(() => encodeValue({ f() {} }, true), /could not be cloned/);
    assert.throws(() => encodeValue({ n: 1n }, false), /BigInt/);
  });

  const whole = [
    { a: [1, "text", Buffer.of(1, 2)] },
    Array.from({ length: 20 }, (_, n) => ({ n })),
  ].map((value) => encodeAlike(value, true));
  for (const good of whole) {
    const tag = `0x${good[0]!.toString(16)}`;
    it(`breaks the protocol when its bytes are malformed, or arrives as something, if it begins with ${tag}`, () => {
      const noise = fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        fc.nat({ max: good.length - 1 }).map((end) => good.subarray(0, end)),
        fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => {
          const copy = Buffer.from(good);
          copy[at % copy.length] = byte;
          return copy;
        }),
      );
      let refused = 0;
      fc.assert(
        fc.property(noise, (bytes) => {
          try {
            decodeValue(bytes);
          } catch (error) {
            assert.ok(error instanceof ClusterAdapterError);
            assert.equal(error.code, "ERR_PROTOCOL");
            assert.match(error.message, /^\[W10\] /);
            refused++;
          }
        }),
        { numRuns: 5_000 },
      );
      assert.ok(refused > 1_000);
    });
  }
});
