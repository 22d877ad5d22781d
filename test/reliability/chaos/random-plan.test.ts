import assert from "node:assert/strict";
import type { Plan } from "./plan";
import { planOf } from "./random-plan";

function actionsOf(plan: Plan): string[] {
  return plan.rounds.flatMap(({ steps }) =>
    steps.map(({ action }) => action.do),
  );
}

describe("the plan of a run", () => {
  it("is the same for the same seed", () => {
    for (let seed = 0; seed < 20; seed++) {
      assert.deepEqual(planOf(seed), planOf(seed));
    }
  });

  it("is another one for another seed", () => {
    const plans = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      plans.add(JSON.stringify(planOf(seed)));
    }
    assert.equal(plans.size, 20);
  });

  it("is plain data", () => {
    const plan = planOf(1);
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  });

  it("has its steps in the order of their times", () => {
    for (const { steps } of planOf(2, { rounds: 10 }).rounds) {
      const times = steps.map(({ at }) => at);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
    }
  });

  it("has everything that can happen, over a hundred seeds", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const plan = planOf(seed);
      actionsOf(plan).forEach((action) => seen.add(action));
      Object.values(plan.config).forEach((value) => seen.add(String(value)));
      plan.rounds.forEach(({ steps }) =>
        steps.forEach(({ action }) => {
          if (action.do === "emit") {
            seen.add(`emit ${action.flavour}`);
          }
        }),
      );
    }
    const expected =
      "plain recovery mixed below json advanced default msgpack nothing backlog log sessions short long " +
      "emit ask dance meet farewell misuse flap kill stop block slow fork close restart cut roam bounce garbage";
    const flavours =
      "plain volatile local compressed ack large binary direct others server";
    for (const name of [
      ...expected.split(" "),
      ...flavours.split(" ").map((flavour) => `emit ${flavour}`),
      "kill all",
    ]) {
      assert.ok(seen.has(name), name);
    }
  });

  it("spares processes of 0.3.0 what ends them", () => {
    for (let seed = 0; seed < 50; seed++) {
      for (const mode of ["mixed", "below"] as const) {
        assert.ok(!actionsOf(planOf(seed, { mode })).includes("garbage"));
      }
    }
  });
});
