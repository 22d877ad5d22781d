import assert from "node:assert/strict";
import { install, type Clock } from "@sinonjs/fake-timers";
import { Order } from "../../../dist/worker/order";

describe("where a process is in the total order", () => {
  let clock: Clock;
  let reported: number[];
  let order: Order;

  beforeEach(() => {
    clock = install();
    reported = [];
    order = new Order(({ number }) => reported.push(number));
    order.begin({ epoch: "epoch1", number: 1 });
  });
  afterEach(() => clock.uninstall());

  it("is told once a second while it changes", () => {
    clock.tick(2_000);
    assert.deepEqual(reported, []);
    order.advance(2);
    order.advance(3);
    clock.tick(1_000);
    order.advance(4);
    clock.tick(2_000);
    assert.deepEqual(reported, [3, 4]);
  });

  it("is told when a greeting has skipped numbers, though nothing follows", () => {
    assert.equal(order.begin({ epoch: "epoch1", number: 7 }), false);
    clock.tick(1_000);
    assert.deepEqual(reported, [7]);
  });

  it("is not told where a new order begins", () => {
    assert.equal(order.begin({ epoch: "epoch2", number: 7 }), true);
    clock.tick(2_000);
    assert.deepEqual(reported, []);
  });
});
