import assert from "node:assert/strict";
import { type Ledger, loadLedger } from "./tab";

describe("the ledger of the demo's page", () => {
  let ledger: Ledger;

  beforeEach(async () => {
    const Ledger = await loadLedger();
    ledger = new Ledger();
  });

  function take(from: number, ...numbers: number[]): void {
    numbers.forEach((n) => ledger.take(from, n));
  }

  function counts(): [lost: number, doubled: number, outOfOrder: number] {
    return [ledger.lost, ledger.doubled, ledger.outOfOrder];
  }

  it("begins with the first number that it gets of each sender", () => {
    take(1, 17, 18);
    take(2, 5, 6);
    assert.deepEqual(counts(), [0, 0, 0]);
    assert.equal(ledger.received, 4);
    assert.deepEqual(ledger.last, { 1: 18, 2: 6 });
  });

  it("counts each number in a gap as lost", () => {
    take(1, 1, 2, 5, 6, 8);
    assert.deepEqual(counts(), [3, 0, 0]);
  });

  it("takes the first packets of a sender for lost that has come later", () => {
    ledger.knows([0, 1, 2]);
    take(2, 40);
    take(3, 3);
    assert.deepEqual(counts(), [2, 0, 0]);
  });

  it("counts what arrives twice as doubled", () => {
    take(1, 1, 2, 2, 1);
    assert.deepEqual(counts(), [0, 2, 0]);
  });

  it("counts what arrives late as out of order, not as lost, and once more as doubled", () => {
    take(1, 1, 3, 2);
    assert.deepEqual(counts(), [0, 0, 1]);
    take(1, 2);
    assert.deepEqual(counts(), [0, 1, 1]);
  });

  it("keeps the senders apart, and misses nothing of one that has ended", () => {
    take(1, 1, 2, 3);
    take(2, 1, 2, 3, 4);
    assert.deepEqual(counts(), [0, 0, 0]);
  });

  it("begins anew with a new session, and does not forget what was lost before", () => {
    ledger.knows([1]);
    take(1, 1, 3);
    ledger.restart();
    take(1, 10, 11);
    take(2, 7);
    assert.deepEqual(counts(), [1, 0, 0]);
  });
});
