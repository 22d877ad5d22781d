import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FlushSchedule } from "../../../dist/worker/flush-schedule";

describe("a flush schedule", () => {
  let now: number;
  let flushes: number;
  let schedule: FlushSchedule;

  beforeEach(() => {
    now = 0;
    flushes = 0;
    schedule = new FlushSchedule(
      () => flushes++,
      () => now,
    );
  });

  /** Turns until something was flushed. */
  async function turnsUntilFlush(eachTurn = () => {}): Promise<number> {
    const before = flushes;
    let turns = 0;
    while (flushes === before) {
      assert.ok(turns++ < 100);
      eachTurn();
      await nextTurn();
    }
    return turns;
  }

  it("flushes as soon as the running code is done, once", async () => {
    schedule.request();
    schedule.request();
    assert.equal(flushes, 0);
    await Promise.resolve();
    assert.equal(flushes, 1);
    for (let i = 0; i < 20; i++) {
      await nextTurn();
    }
    assert.equal(flushes, 1);
  });

  it("does so again after a silence", async () => {
    schedule.request();
    await Promise.resolve();
    now += 0.2;
    schedule.request();
    await Promise.resolve();
    assert.equal(flushes, 2);
  });

  it("waits for a turn without news soon after a flush", async () => {
    schedule.request();
    await Promise.resolve();
    now += 0.05;
    schedule.request();
    await Promise.resolve();
    assert.equal(flushes, 1);
    assert.equal(await turnsUntilFlush(), 2);
  });

  it("waits no longer than half a millisecond, however many turns that are", async () => {
    schedule.request();
    await Promise.resolve();
    for (const length of [0.01, 0.1]) {
      const start = now;
      await turnsUntilFlush(() => {
        now += length;
        schedule.request();
      });
      assert.ok(now - start > 0.4 && now - start < 0.8);
    }
  });

  it("waits for no end of a turn that is long", async () => {
    schedule.request();
    await Promise.resolve();
    now += 0.05;
    schedule.request();
    // the same turn, other code
    now += 10;
    schedule.request();
    await Promise.resolve();
    assert.equal(flushes, 2);
    // and nothing is left of what it has waited for
    now += 10;
    schedule.request();
    await Promise.resolve();
    assert.equal(flushes, 3);
  });

  it("waits for the next turn where it is not urgent", async () => {
    schedule.request(false);
    await Promise.resolve();
    assert.equal(flushes, 0);
    assert.equal(await turnsUntilFlush(), 2);
  });
});
