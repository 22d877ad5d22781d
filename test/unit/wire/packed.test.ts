import assert from "node:assert/strict";
import fc from "fast-check";
import { pack, unpack } from "../../../dist/wire/packed";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("é", "\u{1f600}", "\ud800", "x".repeat(300)),
);
// what a parser makes of it: no -0
const json = fc
  .jsonValue({ maxDepth: 5, stringUnit: "binary" })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const key = fc.oneof(text, fc.constantFrom("id", "1", "toString", "name"));
const container = fc.oneof(
  fc.array(json, { maxLength: 30 }),
  fc.array(fc.dictionary(key, json, { noNullPrototype: true })),
);

const socket = (id: string, agent: string) => ({
  id,
  handshake: { headers: { "user-agent": agent }, secure: true, issued: 1 },
  rooms: [id, "room"],
});

const travel = (value: unknown) => unpack(pack(value));

describe("a packed value", () => {
  it("arrives as it would in JSON, the order of its keys included", () => {
    fc.assert(
      fc.property(container, (value) => {
        assert.equal(JSON.stringify(travel(value)), JSON.stringify(value));
      }),
      { numRuns: 1_000 },
    );
  });

  it("has the form that is documented", () => {
    const value = [
      { id: "a", n: 1 },
      { id: "b", n: 1 },
    ];
    assert.equal(
      pack(value).toString("hex"),
      "fe1a5b5b5b226964222c226e225d5d2c5b2261222c312c2262225d5d" +
        "0102" +
        "030002" +
        "030402",
    );
  });

  it("has each list of keys, and each text, once", () => {
    const bytes = pack([socket("a", "X"), socket("b", "X"), { id: "a" }]);
    const tables = JSON.stringify([
      [
        ["id", "handshake", "rooms"],
        ["headers", "secure", "issued"],
        ["user-agent"],
        ["id"],
      ],
      ["a", "X", true, 1, "room", "b"],
    ]);
    const expected = Buffer.concat([
      Buffer.of(0xfe, tables.length),
      Buffer.from(tables),
      Buffer.of(1, 3),
      Buffer.of(3, 0, 5, 7, 2, 4, 6, 1, 2, 0, 8),
      Buffer.of(3, 10, 5, 7, 2, 4, 6, 1, 2, 10, 8),
      Buffer.of(9, 0),
    ]);
    assert.deepEqual(bytes, expected);
  });

  it("tells apart what is alike", () => {
    const values = [1, "1", true, "true", null, "null", 0, "", false, [], {}];
    const deep = values.map((value) => ({ value, other: [value] }));
    const twice = [...deep, ...deep.slice().reverse()];
    assert.deepEqual(travel(twice), twice);
    const order = [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { a: 1, c: 3 }];
    assert.equal(JSON.stringify(travel(order)), JSON.stringify(order));
  });

  it("has references of any size", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => ({ n: `n${i}` }));
    assert.deepEqual(travel(many), many);
    const often = [...many.map(({ n }) => n), ...Array(99_999).fill("n99999")];
    assert.deepEqual(travel(often), often);
    const keys = Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]);
    const wide = Object.fromEntries(keys) as object;
    assert.deepEqual(travel(wide), wide);
    assert.deepEqual(travel([]), []);
  });

  it("is much smaller than JSON, if its objects are alike", () => {
    const sockets = Array.from({ length: 100 }, (_, i) =>
      socket(`socket-${i}`, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)"),
    );
    assert.ok(pack(sockets).length < JSON.stringify(sockets).length / 3);
  });

  it("has no objects that share anything: to change one of them leaves the others alone", () => {
    const twin = () => ({ list: [1], deep: { n: 1 }, special: { 1: "x" } });
    const [first, second] = travel([twin(), twin()]) as ReturnType<
      typeof twin
    >[];
    first!.list.push(2);
    first!.deep.n = 2;
    first!.special[1] = "y";
    assert.deepEqual(second, twin());
  });

  it("has own keys only", () => {
    const inherited = Object.create({ inherited: 1 }) as { own?: number };
    inherited.own = 2;
    assert.deepEqual(travel([inherited]), [{ own: 2 }]);
  });

  // what cannot be assigned, or costs much memory if it is, is left to JSON.parse()
  for (const key of ["__proto__", "constructor", "toString", "1023", "2fa"]) {
    it(`has an object with the key ${key} as a whole`, () => {
      const value = JSON.parse(`[{"a":{"${key}":{"isAdmin":true}}}]`) as object;
      const bytes = pack(value);
      assert.match(
        bytes.toString("latin1"),
        /\[\{"\w+":\{"isAdmin":true\}\}\]/,
      );
      const [{ a }] = unpack(bytes) as [{ a: object }];
      assert.deepEqual(Object.keys(a), [key]);
      assert.equal(Object.getPrototypeOf(a), Object.prototype);
    });
  }

  it("does not compare each long text with each other one", () => {
    // for its hash of a text that long, V8 looks at the length alone
    const long = (i: number) => "x".repeat(20_000) + String(i).padStart(5);
    const texts = Array.from({ length: 4_000 }, (_, i) => long(i));
    const { length } = pack([{ texts }]);
    assert.ok(length > 4_000 * 20_000);
  });

  it("does not look for numbers that it has, as clients could choose some that collide", () => {
    const tables = pack([{ a: 7, b: 7, c: "7", d: "7" }]).toString("latin1");
    assert.match(tables, /\[7,7,"7","7"\]/);
  });
});

describe("unpack()", () => {
  const packed = (tables: unknown, ...refs: number[]) => {
    const text = JSON.stringify(tables);
    return Buffer.concat([
      Buffer.of(0xfe, text.length),
      Buffer.from(text),
      Buffer.from(refs),
    ]);
  };

  it("reads what it is given", () => {
    assert.deepEqual(unpack(packed([[["k"]], [5]], 3, 0)), { k: 5 });
    assert.equal(unpack(packed([[], ["text"]], 0)), "text");
  });

  const malformed: [string, Buffer, RegExp][] = [
    ["a list of keys is no list", packed([["k"], []], 1, 0), /keys/],
    ["a key is no text", packed([[[["__proto__"]]], [5]], 3, 0), /keys/],
    ["a key sets a prototype", packed([[["__proto__"]], [5]], 3, 0), /keys/],
    ["a key is an index", packed([[["1023"]], [5]], 3, 0), /keys/],
    ["there are no lists of keys", packed([], 1, 0), /keys/],
    ["there are no tables", packed(null, 1, 0), /./],
    ["there is no such value", packed([[], [5]], 2), /no value 1/],
    ["there are no values", packed([[]], 0), /no list of values/],
    ["the values are no list", packed([[], "5"], 0), /no list of values/],
    [
      "a value that holds others is there twice",
      packed([[], [{ a: 1 }]], 1, 2, 0, 0),
      /no value 0/,
    ],
    ["there is no such list of keys", packed([[], []], 3), /no list of keys 0/],
    ["the tables are cut short", Buffer.of(0xfe, 9, 0x5b), /cut short/],
    ["it is cut short", packed([[], [5]], 1, 2, 0), /cut short/],
    ["something follows it", packed([[], [5]], 0, 0), /follows/],
    ["it is empty", Buffer.of(0xfe), /cut short/],
    [
      "an array has more items than there are bytes",
      packed([[], [5]], 1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0),
      /cut short/,
    ],
    [
      "it is nested without end",
      packed([[], [5]], ...Array<number>(100_000).fill(1)),
      /./,
    ],
  ];
  for (const [what, bytes, message] of malformed) {
    it(`throws when ${what}`, () => {
      assert.throws(() => unpack(bytes), message);
    });
  }
});
