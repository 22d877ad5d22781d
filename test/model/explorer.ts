/**
 * Takes all steps of a scenario in all orders. The code that ships cannot be copied halfway, so each path is walked anew
 * from the beginning; two paths on which the same has happened to each party, in the same order, are one.
 */
import { violations, violationsAtAnyTime } from "./invariants";
import type { Random } from "../support/random";
import type { Scenario, Step } from "./scenario";
import { World } from "./world";

export interface Violation {
  readonly problems: readonly string[];
  /** The names of the steps that led to it. */
  readonly path: readonly string[];
}

export interface Exploration {
  /** The number of different states. */
  readonly states: number;
  /** The number of steps that lead from one to another. */
  readonly transitions: number;
  /** The number of states in which nothing can happen any more. */
  readonly ends: number;
  readonly longest: number;
  /** How often the world was built, and some path was walked. */
  readonly paths: number;
  /** All that clients may have seen in the end. */
  readonly outcomes: ReadonlySet<string>;
  /** Whether that is all. */
  readonly isComplete: boolean;
  readonly violation: Violation | undefined;
}

/** How a rule is broken. */
export interface Breach {
  /** Breaks it, until the function that it returns is called. */
  readonly break: (world: World | undefined) => () => void;
  /** Whether it is broken before all have come together, and not behind that. */
  readonly isFromStart?: boolean;
}

export interface ExploreOptions {
  readonly maxStates?: number;
  readonly breach?: Breach;
  /** Says what is looked at first, where that is not all. */
  readonly random: Random;
  /** Whether no step is left out. */
  readonly isUnreduced?: boolean;
  readonly onProgress?: (states: number, open: number) => void;
}

export async function explore(
  scenario: Scenario,
  {
    maxStates = Infinity,
    breach,
    random,
    isUnreduced,
    onProgress,
  }: ExploreOptions,
): Promise<Exploration> {
  const known = new Set<string>();
  const open: string[][] = [[]];
  const outcomes = new Set<string>();
  let transitions = 0;
  let ends = 0;
  let longest = 0;
  let paths = 0;
  let violation: Violation | undefined;
  while (open.length > 0 && known.size < maxStates && !violation) {
    const start = takeShorter(open, random);
    const { world, mend } = await begin(scenario, breach);
    paths++;
    await follow(world, start);
    const path = [...start];
    for (;;) {
      const steps = isUnreduced ? world.steps : world.relevantSteps;
      if (steps.length === 0) {
        ends++;
        longest = Math.max(longest, path.length);
        const problems = violations(world);
        outcomes.add(outcomeOf(world));
        violation = problems.length > 0 ? { problems, path } : undefined;
        break;
      }
      transitions += steps.length;
      const fresh = steps.filter((step) => isNew(known, world.keyAfter(step)));
      // what a scenario does comes first
      const next =
        random.below(2) === 0 ? fresh.shift() : random.takeFrom(fresh);
      fresh.forEach(({ name }) => open.push([...path, name]));
      if (next === undefined) {
        break;
      }
      await world.take(next);
      path.push(next.name);
      const problems = violationsAtAnyTime(world);
      if (problems.length > 0) {
        violation = { problems, path };
        break;
      }
    }
    mend();
    onProgress?.(known.size, open.length);
  }
  return {
    states: known.size,
    transitions,
    ends,
    longest,
    paths,
    outcomes,
    isComplete: open.length === 0 && violation === undefined,
    violation,
  };
}

export async function begin(
  scenario: Scenario,
  breach: Breach | undefined,
): Promise<{ world: World; mend: () => void }> {
  const early = breach?.isFromStart ? breach.break(undefined) : undefined;
  const world = await World.start(scenario);
  return { world, mend: early ?? breach?.break(world) ?? (() => {}) };
}

async function follow(world: World, path: readonly string[]): Promise<void> {
  for (const name of path) {
    await world.take(named(world.steps, name));
  }
}

function outcomeOf({ client, observers }: World): string {
  const clients = [client, ...observers.values()];
  return JSON.stringify(
    clients.map(({ stays }) => stays.map(({ seen }) => seen)),
  );
}

function named(steps: readonly Step[], name: string): Step {
  const step = steps.find((one) => one.name === name);
  if (step === undefined) {
    throw new Error(
      `"${name}" is not possible, but: ${steps.map((one) => one.name).join("; ")}`,
    );
  }
  return step;
}

function isNew(known: Set<string>, key: string): boolean {
  const { size } = known;
  known.add(key);
  return known.size > size;
}

/** What begins early differs more from what is known. */
function takeShorter(open: string[][], random: Random): string[] {
  const indexes = [0, 0, 0].map(() => random.below(open.length));
  const [index] = indexes.sort((a, b) => open[a]!.length - open[b]!.length);
  return open.splice(index as number, 1)[0] as string[];
}
