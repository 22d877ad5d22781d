import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import { isJson, isPlain } from "../../../dist/wire/portable";

class Point {
  constructor(readonly x: number) {}
}

class Celsius {
  toJSON(): string {
    return "20 °C";
  }
}

class List extends Array<unknown> {
  toJSON(): string {
    return "a list";
  }
}

function nested(depth: number): unknown {
  let value: unknown = "leaf";
  for (let i = 0; i < depth; i++) {
    value = i % 2 === 0 ? [value] : { value };
  }
  return value;
}

/** Values that JSON or the structured clone algorithm change in their own way. */
const oddity = fc.constantFrom<unknown>(
  new Point(1),
  new Celsius(),
  new Date(0),
  new Map([[1, 2]]),
  new Set([1]),
  new Error("e"),
  /re/,
  Object(1),
  1n,
  Symbol("s"),
  () => {},
  { toJSON: () => "own" },
  Object.create({ inherited: true }),
);

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  withObjectString: true,
  values: [
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.constant(null),
    fc.constant(undefined),
    oddity,
  ],
});

function assertSameForBoth(value: unknown): void {
  const text = JSON.stringify(value);
  assert.equal(JSON.stringify(structuredClone(value)), text);
  if (text !== undefined) {
    assert.equal(JSON.stringify(JSON.parse(text)), text);
  }
}

describe("isPlain()", () => {
  it("accepts whatever JSON knows", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(isPlain(value), true);
      }),
    );
  });

  it("accepts only what reads the same after JSON and after the structured clone algorithm", () => {
    let accepted = 0;
    fc.assert(
      fc.property(anything, (value) => {
        if (isPlain(value)) {
          accepted++;
          assertSameForBoth(value);
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(accepted > 50, `only ${accepted} of the values were plain`);
  });

  it("accepts undefined, holes, and objects without a prototype", () => {
    const holes: unknown[] = [];
    holes.length = 2;
    for (const value of [undefined, holes, Object.create(null)]) {
      assert.equal(isPlain(value), true);
    }
  });

  it("accepts buffers and array buffers", () => {
    assert.equal(isPlain([Buffer.of(1), new ArrayBuffer(1)]), true);
  });

  it("refuses other views, whose copy is a part of a larger buffer", () => {
    assert.equal(isPlain(new Uint16Array(1)), false);
    assert.equal(isPlain(new DataView(new ArrayBuffer(1))), false);
  });

  it("refuses what one of the two changes, at any depth", () => {
    fc.assert(
      fc.property(oddity, fc.integer({ min: 0, max: 3 }), (odd, depth) => {
        let value = odd;
        for (let i = 0; i < depth; i++) {
          value = i % 2 === 0 ? { first: 1, value } : [1, value];
        }
        assert.equal(isPlain(value), false);
      }),
    );
  });

  it("refuses an array that JSON does not read as an array", () => {
    assert.equal(isPlain(List.of(1)), false);
    assert.equal(isPlain(Object.assign([1], { toJSON: () => "own" })), false);
  });

  it("refuses an object with a hidden toJSON()", () => {
    const hidden = Object.defineProperty({}, "toJSON", { value: () => "own" });
    assert.equal(isPlain(hidden), false);
  });

  it("refuses what is nested more than 100 times", () => {
    assert.equal(isPlain(nested(100)), true);
    assert.equal(isPlain(nested(101)), false);
  });

  it("counts the depth, not the number of values", () => {
    const wide = Array.from({ length: 300 }, (_, i) => ({ [i]: [i] }));
    assert.equal(isPlain(wide), true);
  });

  it("refuses a circular structure", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = { circle };
    assert.equal(isPlain(circle), false);
  });

  it("throws what a getter throws", () => {
    const value = {
      get it(): never {
        throw new Error("not now");
      },
    };
    assert.throws(() => isPlain(value), /not now/);
  });
});

describe("isJson()", () => {
  it("is true for what JSON can say, however it is nested", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // what a parser makes of it: no -0
        assert.equal(isJson(JSON.parse(JSON.stringify(value))), true);
      }),
    );
    assert.equal(isJson({ __proto__: null, a: [{ b: null }] }), true);
  });

  it("is false for all that JSON would leave out or change", () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
      withObjectString: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        if (isJson(value)) {
          assert.deepEqual(
            JSON.parse(JSON.stringify(value)),
            structuredClone(value),
          );
        }
      }),
      { numRuns: 5_000 },
    );
  });

  const changed: unknown[] = [
    undefined,
    -0,
    NaN,
    Infinity,
    1n,
    Symbol("s"),
    () => {},
    new Date(0),
    Buffer.of(1),
    new ArrayBuffer(1),
    new Point(1),
    new Celsius(),
    { a: undefined },
    [undefined],
    Object.assign([], { length: 2 }),
    Object.assign([1], { extra: 2 }),
    Object.assign([1], { toJSON: () => "own" }),
    new Map(),
  ];
  for (const value of changed) {
    it(`is false for ${inspect(value)}`, () => {
      assert.equal(isJson(value), false);
      assert.equal(isJson({ deep: [value] }), false);
    });
  }

  it("is false for what is too deep, too long or circular", () => {
    assert.equal(isJson(nested(100)), true);
    assert.equal(isJson(nested(101)), false);
    assert.equal(isJson(Array(100_001).fill(1)), false);
    const shared = Array(50_000).fill(1);
    assert.equal(isJson(Array(20).fill(shared)), true);
    assert.equal(isJson(Array(21).fill(shared)), false);
    const circle: unknown[] = [];
    circle.push(circle);
    assert.equal(isJson(circle), false);
  });
});
