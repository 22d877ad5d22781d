import assert from "node:assert/strict";
import type { Scenario } from "./scenario";
import * as scenarios from "./scenarios/scenarios";
import { retrace } from "./shrink";
import { installSurroundings } from "./surroundings";

/** What the model has found: the steps that are not those of a scenario follow. */
const found: ReadonlyArray<{
  readonly title: string;
  readonly scenario: Scenario;
  readonly path: readonly string[];
}> = [
  {
    title:
      "an event that is under way while one order ends and the next one begins is delivered once",
    scenario: scenarios.orderIsShort,
    path: [
      "worker 3 starts",
      "worker 2 emits b",
      "the primary reads from worker 3",
      "worker 3 is killed, and 0 of its 0 last messages had left",
      "the primary hears that worker 3 is gone",
      "the primary reads from worker 2",
    ],
  },
  {
    title:
      "a client that returns twice to a worker with a slow middleware has no gap",
    scenario: scenarios.returnsTwice,
    path: [
      "worker 2 emits b",
      "all that is under way arrives",
      "the client has read 0 more and is without connection",
      "the client returns to worker 2",
      "the primary reads from worker 2",
      "worker 1 reads",
      "the primary reads from worker 1",
      "worker 2 reads",
      "the client has read 0 more and is without connection",
      "the client returns to worker 2",
    ],
  },
  {
    title: "a client that waits for a middleware as the order ends has no gap",
    scenario: scenarios.heldAsOrderEnds,
    path: [
      "the client has read 0 more and is without connection",
      "the client returns to worker 2",
      "the primary reads from worker 2",
      "worker 1 reads",
      "the primary reads from worker 1",
      "worker 2 reads",
      "worker 3 starts",
      "worker 2 emits b",
    ],
  },
  {
    title:
      "what arrives for a client that is never let in is not taken for seen",
    scenario: scenarios.missesLate,
    path: [
      "the client has read 0 more and is without connection",
      "worker 1 finds out that connection 2 is lost",
      "the primary reads from worker 1",
      "the client returns to worker 2",
      "the primary reads from worker 2",
      "worker 2 reads",
      "1 seconds pass",
      "worker 2 emits b",
      "the primary reads from worker 2",
      "worker 1 reads",
      "worker 2 reads",
      "6 seconds pass",
      "the client has read 0 more and is without connection",
      "worker 2 finds out that connection 2 is lost",
      "5 seconds pass",
      "6 seconds pass",
      "a middleware of worker 2 lets the client in",
      "the primary reads from worker 2",
      "the client returns to worker 2",
    ],
  },
];

describe("in the model,", () => {
  let restore = () => {};

  before(() => (restore = installSurroundings()));
  after(() => restore());

  for (const { title, scenario, path } of found) {
    it(title, async () => {
      const { taken, trace, problems } = await retrace(scenario, path);
      assert.deepEqual(taken, path);
      assert.deepEqual(problems, [], trace.join("\n"));
    });
  }
});
