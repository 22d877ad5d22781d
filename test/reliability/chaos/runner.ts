import { survivors } from "../../support/process";
import { eventually } from "../../support/wait";
import { leave } from "./leftovers";
import type { Plan } from "./plan";
import { play } from "./round";
import { Scene } from "./scene";
import { unexplained } from "./warnings";

export interface Outcome {
  /** What is wrong, in words: nothing, as it should be. */
  readonly violations: readonly string[];
  /** How often what was done. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Plays a plan from its beginning to its end. */
export async function run(plan: Plan): Promise<Outcome> {
  const alive = new Set(survivors());
  const scene = await Scene.open(plan);
  try {
    await Promise.all(scene.clients.map((client) => client.connect()));
    for (const [index, round] of plan.rounds.entries()) {
      const before = scene.violations.length;
      await play(scene, round);
      if (scene.violations.length > before) {
        scene.violations.splice(before, 0, `in round ${index}:`);
        // what comes next would suffer from it
        break;
      }
    }
    unexplained(scene).forEach((warning) => scene.report(warning));
    if (scene.violations.length === 0) {
      await leave(scene);
    }
  } finally {
    scene.clients.forEach((client) => client.close());
    scene.cluster.workers.forEach((worker) => scene.mayEnd.add(worker));
    await scene.cluster.stop();
  }
  await eventually(() => {
    const left = survivors().filter((pid) => !alive.has(pid));
    if (left.length > 0) {
      throw new Error(`processes are left: ${left.join()}`);
    }
  }).catch((error: Error) => scene.report(error.message));
  return { violations: scene.violations, counts: scene.counts };
}
