import assert from "node:assert/strict";
import { Retention } from "../../../dist/recovery/retention";

describe("the retention of packets", () => {
  let retention: Retention;

  beforeEach(() => {
    retention = new Retention();
    retention.extend({ maxDisconnectionDuration: 1_000, noticeAfter: 500 });
  });

  it("takes for old what the last worker had been given longer ago than clients may be away", () => {
    assert.equal(retention.oldAt(0, 10), 0);
    assert.equal(retention.oldAt(1_000, 20), 0);
    assert.equal(retention.oldAt(1_500, 30), 0);
    assert.equal(retention.oldAt(1_501, 30), 10);
    assert.equal(retention.oldAt(2_501, 30), 20);
  });

  it("is as long as the largest durations that were asked for", () => {
    retention.extend({ maxDisconnectionDuration: 100, noticeAfter: 2_000 });
    assert.equal(retention.maxDisconnectionDuration, 1_000);
    retention.oldAt(0, 10);
    assert.equal(retention.oldAt(3_000, 20), 0);
    assert.equal(retention.oldAt(3_001, 20), 10);
  });

  it("takes nothing for old that it has seen before it was cleared", () => {
    retention.oldAt(0, 10);
    retention.clear();
    assert.equal(retention.oldAt(2_000, 20), 0);
  });

  it("is late by a thousandth of that time at the most", () => {
    const day = 86_400_000;
    retention.extend({ maxDisconnectionDuration: day, noticeAfter: 0 });
    for (let at = 0; at <= day; at += 10_000) {
      assert.equal(retention.oldAt(at, at), 0);
    }
    const old = retention.oldAt(day + 600_000, day);
    assert.ok(old >= 600_000 - 500 - day / 1_000 - 10_000, String(old));
    assert.ok(old < 600_000, String(old));
  });
});
