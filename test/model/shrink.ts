/**
 * What is left of a path that leads to a violation when all is taken away that it does not need.
 */
import { begin, type Breach, type Violation } from "./explorer";
import { violations, violationsAtAnyTime } from "./invariants";
import type { Scenario, Step } from "./scenario";

interface Attempt {
  /** The steps of the path that were possible. */
  readonly taken: readonly string[];
  /** All steps, with those that were added until nothing could happen any more, one line each. */
  readonly trace: readonly string[];
  readonly problems: readonly string[];
}

export async function shrink(
  scenario: Scenario,
  { path, problems }: Violation,
  breach?: Breach,
): Promise<Attempt> {
  const [kind] = problems.map(kindOf);
  const isSame = (attempt: Attempt) =>
    attempt.problems.some((problem) => kindOf(problem) === kind);
  let best = await retrace(scenario, path, breach);
  for (let i = 0; i < best.taken.length;) {
    const steps = best.taken.filter((_, at) => at !== i);
    const shorter = await retrace(scenario, steps, breach);
    if (
      isSame(shorter) &&
      // a worker that is never woken up is stuck with the rule, too
      !(breach && isSame(await retrace(scenario, steps)))
    ) {
      best = shorter;
      // what came before may not be needed any more
      i = 0;
    } else {
      i++;
    }
  }
  return best;
}

/** Takes the steps of a path that are possible, and then whatever happens by itself. */
export async function retrace(
  scenario: Scenario,
  path: readonly string[],
  breach?: Breach,
): Promise<Attempt> {
  const { world, mend } = await begin(scenario, breach);
  const taken: string[] = [];
  const trace: string[] = [];
  const problems = new Set<string>();
  const take = async (step: Step) => {
    const details = step.details?.();
    trace.push(step.name + (details === undefined ? "" : `: ${details}`));
    await world.take(step);
    violationsAtAnyTime(world).forEach((one) => problems.add(one));
  };
  for (const name of path) {
    const step = world.stepsWithOmissions.find((one) => one.name === name);
    if (step) {
      taken.push(name);
      await take(step);
    }
  }
  for (;;) {
    const [step] = world.unscripted;
    if (step === undefined) {
      break;
    }
    await take(step);
  }
  mend();
  violations(world).forEach((one) => problems.add(one));
  return { taken, trace, problems: Array.from(problems) };
}

function kindOf(problem: string): string {
  return problem.slice(0, problem.indexOf(":"));
}
