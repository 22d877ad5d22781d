import assert from "node:assert/strict";
import type { Config } from "./plan";
import { planOf } from "./random-plan";
import { describeRun } from "./report";
import { run } from "./runner";

// `npm run chaos` goes on from here
const RUNS: [Config["mode"], number][] = [
  ["recovery", 1],
  ["plain", 2],
  ["mixed", 3],
];

describe("a cluster in chaos", () => {
  for (const [mode, seed] of RUNS) {
    it(`keeps its promises (${mode}, seed ${seed})`, async function () {
      this.timeout(120_000);
      const plan = planOf(seed, { mode, rounds: 2, duration: 800 });
      const outcome = await run(plan);
      assert.equal(
        outcome.violations.length,
        0,
        describeRun(seed, plan, outcome),
      );
      assert.ok((outcome.counts.get("deliveries") ?? 0) > 100);
    });
  }
});
