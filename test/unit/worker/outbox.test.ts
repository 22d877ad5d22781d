import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Outbox } from "../../../dist/worker/outbox";
import { busyClock } from "../support/busy-clock";
import type { NaiveMessage } from "../support/naive-frames";
import { readAll } from "../support/read-frames";
import { silence } from "../support/silence";

const ORIGIN = { uid: "a1", nsp: "/" };
const HIGH_WATER_MARK = 64 * 1024;

describe("the outbox of a worker", () => {
  let sent: Buffer[][];
  let outbox: Outbox;

  beforeEach(() => {
    sent = [];
    outbox = new Outbox((sections) => sent.push(sections), busyClock());
  });

  function write(type: number, size = 0, target?: string): void {
    outbox.writeMessage(ORIGIN, target, type, Buffer.alloc(size));
  }

  function types(): number[][] {
    return sent.map((sections) =>
      readAll(sections).map((one) => (one as NaiveMessage).type),
    );
  }

  it("sends what the running code writes in one message", async () => {
    write(1);
    write(2);
    assert.deepEqual(sent, []);
    await Promise.resolve();
    assert.deepEqual(types(), [[1, 2]]);
  });

  it("sends what is not urgent with what follows", async () => {
    outbox.writeMessage(ORIGIN, undefined, 1, Buffer.alloc(0), false);
    await Promise.resolve();
    assert.deepEqual(sent, []);
    setImmediate(() => write(2));
    await silence();
    assert.deepEqual(types(), [[1, 2]]);
  });

  it("keeps the order of frames with different targets", async () => {
    write(1);
    write(2, 0, "b1");
    write(3);
    await silence();
    assert.equal(sent[0]?.length, 3);
    assert.deepEqual(types(), [[1, 2, 3]]);
  });

  it("sends at once when there is much, and begins anew", async () => {
    write(1, 100);
    // target, origin, and the heads of both frames
    const left = HIGH_WATER_MARK - (1 + 10 + 6 + 100);
    write(2, left - 6 - 1);
    assert.deepEqual(sent, []);
    write(3);
    assert.deepEqual(types(), [[1, 2, 3]]);
    write(4);
    await silence();
    assert.deepEqual(types(), [[1, 2, 3], [4]]);
  });

  it("counts all sections when it asks whether there is much", () => {
    write(1, HIGH_WATER_MARK / 2);
    write(2, HIGH_WATER_MARK / 2, "b1");
    assert.deepEqual(types(), [[1, 2]]);
  });

  it("sends a frame of any size", () => {
    write(1, 5_000_000);
    assert.deepEqual(types(), [[1]]);
  });

  it("sends at once when it is told to, and not again", async () => {
    outbox.flush();
    assert.deepEqual(sent, []);
    write(1);
    outbox.flush();
    assert.deepEqual(types(), [[1]]);
    outbox.flush();
    await silence();
    assert.equal(sent.length, 1);
    write(2);
    await silence();
    assert.deepEqual(types(), [[1], [2]]);
  });

  it("has forgotten what it hands over, whatever becomes of it", async () => {
    let fail = true;
    outbox = new Outbox((sections) => {
      if (fail) {
        throw new Error("broken");
      }
      sent.push(sections);
    }, busyClock());
    write(1);
    assert.throws(() => outbox.flush(), /broken/);
    fail = false;
    write(2);
    await silence();
    assert.deepEqual(types(), [[2]]);
  });

  it("sends what is written while it sends", async () => {
    outbox = new Outbox((sections) => {
      sent.push(sections);
      if (sent.length === 1) {
        write(2);
      }
    }, busyClock());
    write(1);
    await nextTurn();
    await silence();
    assert.deepEqual(types(), [[1], [2]]);
  });
});
