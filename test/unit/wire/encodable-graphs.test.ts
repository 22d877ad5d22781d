import assert from "node:assert/strict";
import {
  keepEncodable,
  SERIALIZATIONS,
  type Encode,
} from "../../../dist/wire/encodable";

const [advanced, json] = SERIALIZATIONS as [Encode, Encode];
const bad = () => {};

function keep(value: unknown, canEncode: Encode): unknown {
  return keepEncodable(value, canEncode, () => {});
}

function nested(leaf: unknown, depth: number): unknown {
  let value = leaf;
  for (let i = 0; i < depth; i++) {
    value = [value];
  }
  return value;
}

describe("keepEncodable(), given a graph,", () => {
  it("cuts a circle where it closes", () => {
    const circle: Record<string, unknown> = { a: 1 };
    circle["self"] = circle;
    circle["list"] = [circle, 2];
    assert.deepEqual(keep(circle, json), { a: 1, list: [undefined, 2] });
  });

  it("keeps a circle that can be encoded", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const kept = keep({ circle, bad }, advanced);
    assert.deepEqual(kept, { circle });
  });

  it("keeps what is there twice, twice", () => {
    const shared = { a: 1, bad };
    const kept = keep({ one: shared, two: [shared] }, advanced);
    assert.deepEqual(kept, { one: { a: 1 }, two: [{ a: 1 }] });
  });

  it("comes to an end where everyone knows everyone", () => {
    const LIMIT = 200_000;
    const people = Array.from({ length: 12 }, (_, i) => ({
      i,
      friends: [] as object[],
    }));
    people.forEach((person) => {
      person.friends = people.filter((other) => other !== person);
    });
    let calls = 0;
    keep(people, (value) => {
      // the way out of a walk that would take hours
      return ++calls > LIMIT || typeof value !== "object";
    });
    assert.ok(calls <= LIMIT, `more than ${LIMIT} values were looked at`);
  });

  for (const [name, canEncode, leaf] of [
    ["the structured clone algorithm", advanced, bad],
    ["JSON", json, 1n],
  ] as const) {
    it(`makes something that ${name} takes of what is nested too deep`, () => {
      const kept = keep({ deep: nested(leaf, 20_000), ok: 1 }, canEncode);
      assert.ok(canEncode(kept));
      assert.equal((kept as { ok: number }).ok, 1);
    });
  }

  it("is not taken in by a toJSON() that returns what JSON refuses", () => {
    class List extends Array<unknown> {
      toJSON(): bigint {
        return 1n;
      }
    }
    for (const value of [{ a: 1, toJSON: () => 1n }, List.of(1)]) {
      assert.ok(json(keep({ value, ok: 1 }, json)));
    }
  });
});
