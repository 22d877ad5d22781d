import assert from "node:assert/strict";
import fc from "fast-check";
import { NumberList } from "../../../dist/recovery/number-list";

describe("a list of numbers", () => {
  it("is a queue that is asked for what is higher than a number, however much was taken off", () => {
    const steps = fc.array(
      fc.record({
        pushes: fc.nat({ max: 120 }),
        shifts: fc.nat({ max: 120 }),
        after: fc.nat({ max: 2_000 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const list = new NumberList();
        const naive: number[] = [];
        let last = 0;
        for (const { pushes, shifts, after } of all) {
          for (let i = 0; i < pushes; i++) {
            last += 1 + (i % 3);
            list.push(last);
            naive.push(last);
          }
          for (let i = Math.min(shifts, naive.length); i > 0; i--) {
            list.shift();
            naive.shift();
          }
          assert.equal(list.isEmpty, naive.length === 0);
          for (const from of [0, after, last]) {
            assert.deepEqual(
              list.after(from),
              naive.filter((number) => number > from),
            );
          }
        }
      }),
    );
  });
});
