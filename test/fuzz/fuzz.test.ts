import assert from "node:assert/strict";
import { resolve } from "node:path";
import { newSeed } from "../support/random";
import { faults } from "./faults";
import { attack } from "./guard";

const seed = Number(process.env.FUZZ_SEED ?? newSeed());
// "npm run fuzz" takes longer
const DURATION = 1_500;
const AT_MOST = 60_000;
const PATIENCE = 2_000;

describe(`fuzzing (seed ${seed})`, function () {
  this.timeout(120_000);

  for (const target of ["decoder", "primary", "worker", "restore"]) {
    describe(`the target "${target}"`, () => {
      it("takes everything that happens upon it in a short time", async () => {
        const news = await attack({ target, seed, duration: DURATION });
        const { failure, executions, recorded = 0 } = news;
        assert.equal(failure, undefined, JSON.stringify(failure));
        assert.ok(executions > recorded);
      });

      for (const { says, isEndless = false } of faults.filter(
        (fault) => fault.target === target,
      )) {
        it(`is found out if ${says}`, async () => {
          const { failure } = await attack({
            target,
            seed,
            duration: AT_MOST,
            fault: says,
            ...(isEndless && { patience: PATIENCE }),
          });
          assert.ok(failure, "nothing was found");
          assert.doesNotMatch(failure.text, /the process has ended/);
          assert.equal(
            failure.text.includes("no progress"),
            isEndless,
            failure.text,
          );
        });
      }
    });
  }

  it("follows what leads to new code, and forgets what a failure does not need", async () => {
    const { failure } = await attack({
      target: "maze",
      seed,
      duration: AT_MOST,
      code: resolve(__dirname, "maze.js"),
    });
    assert.deepEqual(failure?.steps, [255, -0, Infinity, 65_535]);
  });
});
