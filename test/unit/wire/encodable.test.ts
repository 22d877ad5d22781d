import assert from "node:assert/strict";
import { inspect } from "node:util";
import fc from "fast-check";
import {
  keepEncodable,
  SERIALIZATIONS,
  type Encode,
} from "../../../dist/wire/encodable";

const [advanced, json] = SERIALIZATIONS as [Encode, Encode];

class Holder {
  constructor(readonly held: unknown) {}
}

/** A value, and what is expected to be kept of it: nothing if it is lost. */
interface Case {
  value: unknown;
  kept: unknown[];
  /** The number of values that are left out. */
  lost: number;
}

function sum(cases: Case[]): number {
  return cases.reduce((total, { lost }) => total + lost, 0);
}

function container(value: unknown, parts: Case[], kept: () => unknown): Case {
  const lost = sum(parts);
  return { value, lost, kept: [lost === 0 ? value : kept()] };
}

function arrayOf(items: Case[]): Case {
  return container(
    items.map(({ value }) => value),
    items,
    () => items.map(({ kept }) => kept[0]),
  );
}

function objectOf(fields: Array<[string, Case]>): Case {
  return container(
    Object.fromEntries(fields.map(([key, { value }]) => [key, value])),
    fields.map(([, part]) => part),
    () =>
      Object.fromEntries(
        fields.flatMap(([key, { kept }]) => kept.map((value) => [key, value])),
      ),
  );
}

function setOf(items: Case[]): Case {
  return container(
    new Set(items.map(({ value }) => value)),
    items,
    () => new Set(items.flatMap(({ kept }) => kept)),
  );
}

function mapOf(entries: Array<[string, Case]>): Case {
  return container(
    new Map(entries.map(([key, { value }]) => [key, value])),
    entries.map(([, part]) => part),
    () =>
      new Map(
        entries.flatMap(([key, { kept }]) =>
          kept.map((value): [string, unknown] => [key, value]),
        ),
      ),
  );
}

function holderOf(held: Case): Case {
  const value = new Holder(held.value);
  return held.lost === 0
    ? { value, lost: 0, kept: [value] }
    : { value, lost: 1, kept: [] };
}

/** Trees of containers, with leaves of which some cannot be encoded. */
function cases(
  bad: fc.Arbitrary<unknown>,
  { withMaps }: { withMaps: boolean },
) {
  const good = fc.oneof(fc.string(), fc.integer(), fc.boolean());
  const { tree } = fc.letrec<{ tree: Case }>((tie) => {
    const items = fc.array(tie("tree"), { maxLength: 4 });
    const fields = fc.uniqueArray(fc.tuple(fc.string(), tie("tree")), {
      selector: ([key]) => key,
      maxLength: 4,
    });
    return {
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        good.map((value): Case => ({ value, lost: 0, kept: [value] })),
        bad.map((value): Case => ({ value, lost: 1, kept: [] })),
        items.map(arrayOf),
        fields.map(objectOf),
        tie("tree").map(holderOf),
        ...(withMaps ? [items.map(setOf), fields.map(mapOf)] : []),
      ),
    };
  });
  return tree;
}

function keepAll(value: unknown, canEncode: Encode) {
  const lost: string[] = [];
  const kept = keepEncodable(value, canEncode, (path) => lost.push(path));
  return { kept, lost };
}

function assertKeeps(tree: Case, canEncode: Encode): void {
  const before = inspect(tree.value, { depth: Infinity });
  const { kept, lost } = keepAll(tree.value, canEncode);
  assert.doesNotThrow(() => canEncode(kept));
  assert.deepEqual(kept, tree.kept[0]);
  assert.equal(lost.length, tree.lost);
  assert.equal(inspect(tree.value, { depth: Infinity }), before);
}

describe("keepEncodable()", () => {
  it("keeps all that the structured clone algorithm takes, and nothing else", () => {
    // one function each time: a set must not take two of them for the same
    const bad = fc.constantFrom(
      () => () => {},
      () => Symbol(),
      () => new WeakSet(),
      () => Promise.resolve(),
    );
    const tree = cases(
      fc.tuple(bad, fc.nat()).map(([create]) => create() as unknown),
      { withMaps: true },
    );
    fc.assert(fc.property(tree, (tree) => assertKeeps(tree, advanced)));
  });

  it("keeps all that JSON takes, and nothing else", () => {
    const bad = fc.constant(1n);
    fc.assert(
      fc.property(cases(bad, { withMaps: false }), (tree) =>
        assertKeeps(tree, json),
      ),
    );
  });

  it("returns the very value if nothing is wrong with it", () => {
    for (const value of [{ a: [1] }, new Holder(1), "a", undefined, null]) {
      const { kept, lost } = keepAll(value, advanced);
      assert.equal(kept, value);
      assert.deepEqual(lost, []);
    }
  });

  it("returns undefined if nothing can be kept", () => {
    assert.deepEqual(
      keepAll(() => {}, advanced),
      { kept: undefined, lost: [""] },
    );
  });

  it("names what it leaves out", () => {
    const bad = () => {};
    const value = {
      sockets: [{ data: { timer: new Holder(bad), ok: 1 } }, bad],
      set: new Set([bad]),
      map: new Map([[bad, 1]]),
    };
    const { kept, lost } = keepAll(value, advanced);
    assert.deepEqual(lost, [
      "sockets[].data.timer",
      "sockets[]",
      "set[]",
      "map[]",
    ]);
    assert.deepEqual(kept, {
      sockets: [{ data: { ok: 1 } }, undefined],
      set: new Set(),
      map: new Map(),
    });
  });

  it("keeps the parts of the keys and values of a map that can be encoded", () => {
    const value = new Map<object, object>([
      [
        { key: 1, bad: () => {} },
        { value: 2, bad: () => {} },
      ],
    ]);
    const { kept, lost } = keepAll(value, advanced);
    assert.deepEqual(kept, new Map([[{ key: 1 }, { value: 2 }]]));
    assert.deepEqual(lost, ["[].bad", "[].bad"]);
  });

  it("keeps a field of any name", () => {
    const value = Object.assign(JSON.parse('{"__proto__":{"a":1},"b":2}'), {
      bad: () => {},
    }) as unknown;
    const { kept } = keepAll(value, advanced);
    assert.equal(JSON.stringify(kept), '{"__proto__":{"a":1},"b":2}');
  });

  it("looks through proxies of plain values", () => {
    const value = {
      object: new Proxy({ a: 1 }, {}),
      array: new Proxy([1], {}),
      map: new Proxy(new Map(), {}),
    };
    const { kept, lost } = keepAll(value, advanced);
    assert.deepEqual(kept, { object: { a: 1 }, array: [1] });
    assert.deepEqual(lost, ["map"]);
  });

  it("leaves out getters and proxies that throw, and a revoked proxy", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const value = {
      get getter(): never {
        throw new Error("no");
      },
      trap: new Proxy({}, { ownKeys: () => assert.fail("no") }),
      proxy,
      ok: 1,
    };
    const { kept, lost } = keepAll(value, advanced);
    assert.deepEqual(kept, { ok: 1 });
    assert.deepEqual(lost, ["getter", "trap", "proxy"]);
  });
});
