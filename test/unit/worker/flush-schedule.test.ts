import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FlushSchedule } from "../../../dist/worker/flush-schedule";

const MAX_HELD_TURNS = 8;

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

  it("does not wait for ever", async () => {
    schedule.request();
    await Promise.resolve();
    const turns = await turnsUntilFlush(() => schedule.request());
    assert.ok(turns >= MAX_HELD_TURNS && turns <= MAX_HELD_TURNS + 2);
    assert.ok((await turnsUntilFlush(() => schedule.request())) <= turns);
  });

  it("waits for the next turn where it is not urgent", async () => {
    schedule.request(false);
    await Promise.resolve();
    assert.equal(flushes, 0);
    assert.equal(await turnsUntilFlush(), 2);
  });
});
