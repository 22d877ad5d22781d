import assert from "node:assert/strict";
import type { Config } from "./plan";
import { planOf } from "./random-plan";
import { describeRun } from "./report";
import { run } from "./runner";

// `npm run chaos` goes on from here
const RUNS: Array<[mode: Config["mode"], seed: number, rounds: number]> = [
  ["recovery", 1, 2],
  ["plain", 2, 1],
  ["mixed", 3, 1],
];

describe("a cluster in chaos", () => {
  for (const [mode, seed, rounds] of RUNS) {
    it(`keeps its promises (${mode}, seed ${seed})`, async function () {
      this.timeout(120_000);
      const plan = planOf(seed, { mode, rounds, duration: 800 });
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
