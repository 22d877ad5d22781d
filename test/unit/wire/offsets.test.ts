import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatOffset,
  newEpoch,
  newPlaceholder,
  OFFSET_LENGTH,
  parseOffset,
  writeOffset,
} from "../../../dist/wire/offsets";

const number = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe("an offset", () => {
  it("has one length, and tells its epoch and its number", () => {
    assert.equal(
      formatOffset({ epoch: "abc_-9", number: 65 }),
      "abc_-9.------00",
    );
    fc.assert(
      fc.property(number, (given) => {
        const offset = { epoch: newEpoch(), number: given };
        const text = formatOffset(offset);
        assert.equal(text.length, OFFSET_LENGTH);
        assert.deepEqual(parseOffset(text), offset);
      }),
    );
  });

  it("comes after another in the alphabet if its number is higher", () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [first, second] = [a, b].map((one) =>
          formatOffset({ epoch: "epoch-", number: one }),
        ) as [string, string];
        assert.equal(first < second, a < b);
      }),
    );
  });

  it("is written over other bytes, and nowhere else", () => {
    const bytes = Buffer.from(`"${newPlaceholder()}"`);
    writeOffset(bytes, 1, "epoch-", 7);
    assert.equal(bytes.toString(), '"epoch-.-------6"');
  });

  it("is nothing else than an offset", () => {
    const good = formatOffset({ epoch: "epoch-", number: 1 });
    for (const bad of [
      "",
      "__proto__",
      good.slice(1),
      `${good}x`,
      good.replace(".", "-"),
      good.replace("e", "é"),
      good.replace("-", "."),
      "x".repeat(1_000_000),
      `${good.slice(0, -1)}\n`,
    ]) {
      assert.equal(parseOffset(bad), undefined);
    }
  });
});

describe("an epoch, and a placeholder,", () => {
  it("is like no other", () => {
    for (const create of [newEpoch, newPlaceholder]) {
      const many = Array.from({ length: 1_000 }, create);
      assert.equal(new Set(many).size, 1_000);
      assert.ok(many.every((one) => /^[-\w]+$/.test(one)));
    }
    assert.equal(newPlaceholder().length, OFFSET_LENGTH);
  });
});
