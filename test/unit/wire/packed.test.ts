import assert from "node:assert/strict";
import fc from "fast-check";
import { pack, unpack } from "../../../dist/wire/packed";

// what a parser makes of it: no -0, and no key that sets a prototype
const json = fc
  .jsonValue({ maxDepth: 5 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const container = fc.oneof(
  fc.array(json, { maxLength: 30 }),
  fc.dictionary(fc.string(), json, { noNullPrototype: true }),
);

const socket = (id: string, agent: string) => ({
  id,
  handshake: { headers: { "user-agent": agent }, secure: true, issued: 1 },
  rooms: [id, "room"],
});

describe("a packed value", () => {
  it("arrives as it would in JSON, the order of its keys included", () => {
    fc.assert(
      fc.property(container, (value) => {
        const bytes = pack(value);
        if (bytes !== undefined) {
          assert.equal(JSON.stringify(unpack(bytes)), JSON.stringify(value));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("has each list of keys, and each text and number, once", () => {
    const bytes = pack([socket("a", "X"), socket("b", "X"), { id: "a" }])!;
    const tables = JSON.stringify([
      [
        ["user-agent"],
        ["headers", "secure", "issued"],
        ["id", "handshake", "rooms"],
        ["id"],
      ],
      ["a", "X", true, 1, "room", "b"],
    ]);
    const expected = Buffer.concat([
      Buffer.of(0xfe, tables.length),
      Buffer.from(tables),
      Buffer.of(1, 3),
      Buffer.of(7, 0, 5, 3, 2, 4, 6, 1, 2, 0, 8),
      Buffer.of(7, 10, 5, 3, 2, 4, 6, 1, 2, 10, 8),
      Buffer.of(9, 0),
    ]);
    assert.deepEqual(bytes, expected);
  });

  it("tells apart what is alike", () => {
    const values = [1, "1", true, "true", null, "null", 0, "", false, [], {}];
    const deep = values.map((value) => ({ value, other: [value] }));
    assert.deepEqual(unpack(pack(deep)!), deep);
    const order = [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { a: 1, c: 3 }];
    const arrived = unpack(pack(order)!);
    assert.equal(JSON.stringify(arrived), JSON.stringify(order));
  });

  it("has references of several bytes, if it has many values", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ({
      i,
      [`k${i}`]: i,
    }));
    assert.deepEqual(unpack(pack(many)!), many);
  });

  it("is much smaller than JSON, if its objects are alike", () => {
    const sockets = Array.from({ length: 100 }, (_, i) =>
      socket(`socket-${i}`, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)"),
    );
    const { length } = JSON.stringify(sockets);
    assert.ok(pack(sockets)!.length < length / 3);
  });

  it("has no objects that share anything: to change one of them leaves the others alone", () => {
    const twin = () => ({ list: [1], deep: { n: 1 } });
    const [first, second] = unpack(pack([twin(), twin()])!) as ReturnType<
      typeof twin
    >[];
    first!.list.push(2);
    first!.deep.n = 2;
    assert.deepEqual(second, twin());
  });

  it("is none, if to assign one of its keys would change a prototype", () => {
    const value = JSON.parse(
      '[{"a":{"__proto__":{"isAdmin":true}}}]',
    ) as object;
    assert.equal(pack(value), undefined);
  });

  it("has own keys only", () => {
    const inherited = Object.create({ inherited: 1 }) as { own?: number };
    inherited.own = 2;
    assert.deepEqual(unpack(pack([inherited])!), [{ own: 2 }]);
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
    ["there are no lists of keys", packed([], 1, 0), /./],
    ["there are no tables", packed(null, 1, 0), /./],
    ["there is no such value", packed([[], [5]], 2), /no value 1/],
    ["there are no values", packed([[]], 0), /./],
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

  it("throws or reads something, whatever its bytes are", () => {
    const good = pack([socket("a", "X"), socket("b", "Y")])!;
    const damaged = fc
      .tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length))
      .map(([at, byte, end]) => {
        const copy = Buffer.from(good);
        copy[at] = byte;
        return copy.subarray(0, Math.max(at + 1, end));
      });
    fc.assert(
      fc.property(damaged, (bytes) => {
        try {
          unpack(bytes);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
        assert.equal(({} as { isAdmin?: unknown }).isAdmin, undefined);
      }),
      { numRuns: 5_000 },
    );
  });
});
