import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { FlushSchedule } from "../../../dist/worker/flush-schedule";

describe("a flush schedule", () => {
  let now: number;
  let waiting: number;
  /** How much each flush has found. */
  let flushed: number[];
  let schedule: FlushSchedule;

  beforeEach(() => {
    now = 0;
    waiting = 0;
    flushed = [];
    schedule = new FlushSchedule(
      () => {
        if (waiting > 0) {
          flushed.push(waiting);
          waiting = 0;
        }
      },
      () => now,
    );
    // a short silence
    now = 0.2;
  });

  function request(isUrgent?: boolean): void {
    waiting++;
    schedule.request(isUrgent);
  }

  /** Turns until something was flushed. */
  async function turnsUntilFlush(eachTurn = () => {}): Promise<number> {
    const before = flushed.length;
    let turns = 0;
    while (flushed.length === before) {
      assert.ok(turns++ < 100);
      eachTurn();
      await nextTurn();
    }
    return turns;
  }

  it("flushes as soon as the running code is done, once", async () => {
    request();
    request();
    assert.deepEqual(flushed, []);
    await Promise.resolve();
    assert.deepEqual(flushed, [2]);
    for (let i = 0; i < 20; i++) {
      await nextTurn();
    }
    assert.deepEqual(flushed, [2]);
  });

  it("does so again after a silence", async () => {
    request();
    await Promise.resolve();
    now += 0.2;
    request();
    await Promise.resolve();
    assert.deepEqual(flushed, [1, 1]);
  });

  it("flushes at once where little is said, and what follows when the running code is done", async () => {
    now += 1;
    request();
    assert.deepEqual(flushed, [1]);
    request();
    request();
    assert.deepEqual(flushed, [1]);
    await Promise.resolve();
    assert.deepEqual(flushed, [1, 2]);
  });

  it("flushes at once what comes after the running code has taken long", async () => {
    request();
    // as when it writes to a thousand clients
    now += 2;
    request();
    assert.deepEqual(flushed, [2]);
    now += 0.5;
    request();
    assert.deepEqual(flushed, [2]);
    now += 1;
    request();
    assert.deepEqual(flushed, [2, 2]);
    await Promise.resolve();
    assert.deepEqual(flushed, [2, 2]);
  });

  it("flushes at once in each turn that comes after one that has taken long", async () => {
    for (let turn = 1; turn <= 4; turn++) {
      now += turn === 1 ? 1 : 0.05;
      request();
      assert.equal(flushed.length, turn);
      now += 5;
      await Promise.resolve();
      await nextTurn();
    }
  });

  it("flushes what could wait with what cannot", async () => {
    request(false);
    now += 1;
    request();
    assert.deepEqual(flushed, [2]);
    request();
    await turnsUntilFlush();
    assert.deepEqual(flushed, [2, 1]);
  });

  it("goes on after a flush that has thrown", async () => {
    let isBroken = true;
    const broken = new FlushSchedule(
      () => {
        if (isBroken) {
          throw new Error("broken");
        }
        flushed.push(1);
      },
      () => now,
    );
    now += 2;
    assert.throws(() => broken.request(), /broken/);
    isBroken = false;
    now += 0.5;
    broken.request();
    await Promise.resolve();
    assert.deepEqual(flushed, [1]);
  });

  it("waits for a turn without news soon after a flush", async () => {
    request();
    await Promise.resolve();
    now += 0.05;
    request();
    await Promise.resolve();
    assert.deepEqual(flushed, [1]);
    assert.equal(await turnsUntilFlush(), 2);
  });

  it("waits no longer than half a millisecond, however many turns that are", async () => {
    request();
    await Promise.resolve();
    for (const length of [0.01, 0.1]) {
      const start = now;
      await turnsUntilFlush(() => {
        now += length;
        request();
      });
      assert.ok(now - start > 0.4 && now - start < 0.8);
    }
  });

  it("waits for no end of a turn that is long", async () => {
    request();
    await Promise.resolve();
    now += 0.05;
    request();
    // the same turn, other code
    now += 0.6;
    request();
    await Promise.resolve();
    assert.deepEqual(flushed, [1, 2]);
    // and nothing is left of what it has waited for
    now += 0.6;
    request();
    await Promise.resolve();
    assert.deepEqual(flushed, [1, 2, 1]);
  });

  it("waits for the next turn where it is not urgent", async () => {
    now += 10;
    request(false);
    await Promise.resolve();
    assert.deepEqual(flushed, []);
    assert.equal(await turnsUntilFlush(), 2);
  });
});
