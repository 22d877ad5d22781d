import assert from "node:assert/strict";
import { resolve } from "node:path";
import { newSeed } from "../support/random";
import { faults } from "./faults";
import { attack, type News } from "./guard";

const seed = Number(process.env.FUZZ_SEED ?? newSeed());
// "npm run fuzz" takes longer
const DURATION = 1_000;
const AT_MOST = 60_000;
const PATIENCE = 2_000;
const TARGETS = ["decoder", "primary", "worker", "restore"];

describe(`fuzzing (seed ${seed})`, function () {
  this.timeout(120_000);
  // each attack has a process of its own: two of them at a time
  let clean: Array<Promise<News>>;
  let broken: Array<Promise<News>>;
  let maze: Promise<News>;

  before(() => {
    clean = oneByOne(
      TARGETS.map(
        (target) => () => attack({ target, seed, duration: DURATION }),
      ),
    );
    broken = oneByOne(
      faults.map(
        ({ target, says, isEndless }) =>
          () =>
            attack({
              target,
              seed,
              duration: AT_MOST,
              fault: says,
              ...(isEndless && { patience: PATIENCE }),
            }),
      ),
    );
    maze = Promise.allSettled(clean).then(() =>
      attack({
        target: "maze",
        seed,
        duration: AT_MOST,
        code: resolve(__dirname, "maze.js"),
      }),
    );
  });

  TARGETS.forEach((target, i) =>
    it(`the target "${target}" takes everything that happens upon it in a short time`, async () => {
      const { failure, executions, recorded = 0 } = (await clean[i]) as News;
      assert.equal(failure, undefined, JSON.stringify(failure));
      assert.ok(executions > recorded);
    }),
  );

  faults.forEach(({ target, says, isEndless = false }, i) =>
    it(`the target "${target}" is found out if ${says}`, async () => {
      const { failure } = (await broken[i]) as News;
      assert.ok(failure, "nothing was found");
      assert.doesNotMatch(failure.text, /the process has ended/);
      assert.equal(
        failure.text.includes("no progress"),
        isEndless,
        failure.text,
      );
    }),
  );

  it("follows what leads to new code, and forgets what a failure does not need", async () => {
    const { failure } = await maze;
    assert.deepEqual(failure?.steps, [255, -0, Infinity, 65_535]);
  });
});

function oneByOne<T>(starts: Array<() => Promise<T>>): Array<Promise<T>> {
  let last: Promise<unknown> = Promise.resolve();
  return starts.map((start) => {
    const next = last.then(start, start);
    // it is awaited later
    next.catch(() => {});
    last = next;
    return next;
  });
}
