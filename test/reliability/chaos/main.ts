/**
 * `npm run chaos -- [--seed N] [--minutes M | --runs N] [--mode MODE] [--rounds N] [--plan]`: run after run, each with the
 * next seed, until the time is over.
 */
import { parseArgs } from "node:util";
import type { Config } from "./plan";
import { planOf } from "./random-plan";
import { addTo, describeRun, summarize } from "./report";
import { run } from "./runner";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    minutes: { type: "string", default: "10" },
    runs: { type: "string" },
    mode: { type: "string" },
    rounds: { type: "string", default: "4" },
    plan: { type: "boolean", default: false },
  },
});

async function main(): Promise<void> {
  const first = Number(values.seed ?? Date.now() % 1_000_000);
  const options = {
    rounds: Number(values.rounds),
    mode: values.mode as Config["mode"] | undefined,
  };
  if (values.plan) {
    console.log(JSON.stringify(planOf(first, options), undefined, 2));
    return;
  }
  const maxRuns = Number(values.runs ?? Infinity);
  const end = values.runs
    ? Infinity
    : Date.now() + Number(values.minutes) * 6e4;
  const totals = new Map<string, number>();
  const failed: number[] = [];
  let runs = 0;
  for (let seed = first; runs < maxRuns && Date.now() < end; seed++) {
    const plan = planOf(seed, options);
    const outcome = await run(plan);
    runs++;
    addTo(totals, outcome.counts);
    console.log(describeRun(seed, plan, outcome));
    if (outcome.violations.length > 0) {
      failed.push(seed);
    }
  }
  console.log(`\n${summarize(totals)}\n`);
  console.log(
    `${runs} runs, seeds ${first} to ${first + runs - 1}, Node.js ${process.version}: ` +
      (failed.length > 0 ? `FAILED: ${failed.join(", ")}` : "nothing found"),
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}

void main();
