import assert from "node:assert/strict";
import { newSeed, Random } from "../support/random";
import { explore, type Breach, type Violation } from "./explorer";
import { rules } from "./rules/rules";
import type { Scenario } from "./scenario";
import * as scenarios from "./scenarios/scenarios";
import { shrink } from "./shrink";
import { installSurroundings } from "./surroundings";

const seed = Number(process.env.MODEL_SEED ?? newSeed());
// "npm run test:model" looks at more
const MAX_STATES = 100;
// a rule that is broken shows after some hundreds
const MAX_STATES_WITHOUT_RULE = 20_000;

/** How a violation comes about. */
async function explain(
  scenario: Scenario,
  violation: Violation,
  breach?: Breach,
): Promise<string> {
  const { trace, problems } = await shrink(scenario, violation, breach);
  return [...trace, ...problems].join("\n");
}

describe(`the model of a primary, workers and a client (seed ${seed})`, function () {
  this.timeout(120_000);
  let restore = () => {};

  before(() => (restore = installSurroundings()));
  after(() => restore());

  for (const scenario of [
    scenarios.oldGoes,
    scenarios.disconnecting,
    scenarios.letIn,
  ]) {
    it(`leaves out no step that makes a difference when ${scenario.name}`, async () => {
      const random = new Random(seed);
      const some = await explore(scenario, { random });
      const all = await explore(scenario, { random, isUnreduced: true });
      assert.ok(some.isComplete && all.isComplete);
      assert.ok(some.states < all.states);
      assert.deepEqual([...some.outcomes].sort(), [...all.outcomes].sort());
    });
  }

  it("finds every order in which two events of each of two workers may arrive", async () => {
    const { outcomes } = await explore(scenarios.twoSenders, {
      random: new Random(seed),
    });
    assert.equal(outcomes.size, 6);
  });

  for (const scenario of Object.values(scenarios)) {
    it(`finds nothing lost, doubled or reordered when ${scenario.name}`, async () => {
      const { violation } = await explore(scenario, {
        random: new Random(seed),
        maxStates: MAX_STATES,
      });
      if (violation) {
        assert.fail(await explain(scenario, violation));
      }
    });
  }

  for (const rule of rules) {
    const { at, says, scenario, leadsTo } = rule;
    it(`finds "${leadsTo}" without the rule that ${says} [${at}]`, async () => {
      const { violation } = await explore(scenario, {
        random: new Random(seed),
        maxStates: MAX_STATES_WITHOUT_RULE,
        breach: rule,
      });
      assert.ok(violation, "nothing was found");
      assert.ok(
        violation.problems.some((problem) => problem.startsWith(leadsTo)),
        await explain(scenario, violation, rule),
      );
    });
  }

  it("tells in few steps how a violation comes about", async () => {
    const rule = rules.find(({ says }) =>
      says.startsWith("numbered events go"),
    );
    const { violation } = await explore(scenarios.killed, {
      random: new Random(seed),
      breach: rule!,
    });
    assert.ok((violation?.path.length ?? 0) >= 10);
    const text = await explain(scenarios.killed, violation!, rule!);
    assert.equal(
      text,
      [
        "worker 2 emits b",
        "the primary reads from worker 2: event b",
        "worker 1 reads: event b (number 2)",
        "lost: b; the observer 2 has seen p",
      ].join("\n"),
    );
  });
});
