/**
 * A fuzzer that is guided by coverage: what has reached new code is kept, and changed further.
 */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Random } from "../support/random";
import type { Coverage } from "./coverage";
import { mutate } from "./mutation";

/** What is fuzzed: it is run with lists of whatever it takes for steps. */
export interface Target {
  readonly name: string;
  readonly seeds: ReadonlyArray<readonly unknown[]>;
  /** Throws, or rejects, if something is wrong. */
  run(steps: readonly unknown[]): void | Promise<void>;
}

export interface Failure {
  readonly steps: readonly unknown[];
  readonly error: unknown;
}

export interface Outcome {
  readonly executions: number;
  /** The number of inputs that have reached new code. */
  readonly kept: number;
  readonly failure: Failure | undefined;
}

export interface FuzzOptions {
  readonly seed: number;
  /** How long, in ms. */
  readonly duration: number;
  readonly now: () => number;
  /** Of the code that counts, which begins with what has run before. */
  readonly coverage: Coverage;
  readonly onProgress?: (outcome: Omit<Outcome, "failure">) => void;
}

// asking V8 for its coverage costs as much as many executions
const BATCH = 100;
// of the processor, in µs
const MAX_TIME = 2e6;

export async function fuzz(
  target: Target,
  { seed, duration, now, coverage, onProgress }: FuzzOptions,
): Promise<Outcome> {
  const random = new Random(seed);
  const kept: Array<readonly unknown[]> = [...target.seeds];
  const end = now() + duration;
  let executions = 0;
  let failure: Failure | undefined;

  const run = async (steps: readonly unknown[]): Promise<void> => {
    executions++;
    const before = process.cpuUsage();
    try {
      await target.run(steps);
      const { user } = process.cpuUsage(before);
      assert.ok(user < MAX_TIME, `takes ${user / 1e6} s`);
    } catch (error) {
      failure = failure ?? { steps, error };
    }
  };

  /** Runs inputs, and keeps those that reach new code: finds them by halves. */
  const keepNews = async (batch: Array<readonly unknown[]>): Promise<void> => {
    for (const steps of batch) {
      await run(steps);
      if (failure !== undefined) {
        return;
      }
    }
    const covered = coverage.take();
    if (!coverage.isNew(covered)) {
      return;
    }
    if (batch.length === 1) {
      kept.push(...batch);
    } else {
      const half = Math.ceil(batch.length / 2);
      await keepNews(batch.slice(0, half));
      await keepNews(batch.slice(half));
    }
    // some of it may depend on what was run before
    coverage.add(covered);
  };

  for (const steps of target.seeds) {
    await run(steps);
  }
  coverage.add(coverage.take());
  while (failure === undefined && now() < end) {
    const batch = Array.from({ length: BATCH }, () =>
      mutate(choose(kept, random), kept, random),
    );
    await keepNews(batch);
    onProgress?.({ executions, kept: kept.length });
    // the event loop turns
    await nextTurn();
  }
  return { executions, kept: kept.length, failure };
}

/** What was found late is changed more often. */
function choose<T>(items: readonly T[], random: Random): T {
  const { length } = items;
  const at = Math.max(random.below(length), random.below(length));
  return items[at] as T;
}

/** Takes away from a list what the failure does not need. */
export async function minimize(
  target: Target,
  { steps, error }: Failure,
): Promise<readonly unknown[]> {
  const text = textOf(error);
  let best = steps;
  for (let size = Math.ceil(best.length / 2); size >= 1;) {
    let isShorter = false;
    for (let at = 0; at < best.length; at += size) {
      const shorter = [...best.slice(0, at), ...best.slice(at + size)];
      if ((await failureOf(target, shorter)) === text) {
        best = shorter;
        isShorter = true;
      }
    }
    size = isShorter ? Math.min(size, best.length) : Math.floor(size / 2);
  }
  return best;
}

async function failureOf(
  target: Target,
  steps: readonly unknown[],
): Promise<string | undefined> {
  try {
    await target.run(steps);
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
