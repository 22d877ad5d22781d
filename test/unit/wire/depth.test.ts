import assert from "node:assert/strict";
import { refuseDeep } from "../../../dist/wire/depth";

describe("refuseDeep()", () => {
  const nested = (levels: number) => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) {
      value = i % 2 ? [value] : new Map([["key", { value }]]);
    }
    return value;
  };

  it("lets pass what Node reads from a channel without harm", () => {
    refuseDeep(nested(400));
    refuseDeep(undefined);
    refuseDeep({ bytes: new Uint8Array(2_000), set: new Set([[1]]) });
  });

  it("lets pass circular structures, however dense", () => {
    const everyone: unknown[][] = Array.from({ length: 50 }, () => []);
    everyone.forEach((one) => one.push(...everyone));
    refuseDeep(everyone);
  });

  it("goes as the serializer does: a list that is reached at each of its items is as deep as it is long", () => {
    const items: object[] = [];
    let previous: object | null = null;
    for (let i = 0; i < 2_000; i++) {
      previous = { next: previous };
      items.push(previous);
    }
    assert.throws(() => refuseDeep(items.reverse()), RangeError);
  });

  it("looks at each object once", () => {
    let value: unknown[] = [];
    for (let i = 0; i < 64; i++) {
      value = [value, value];
    }
    refuseDeep(value);
  });

  it("refuses what is nested some thousand levels deep", () => {
    assert.throws(() => refuseDeep({ data: nested(2_000) }), RangeError);
  });
});
