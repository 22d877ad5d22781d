/**
 * `npm run test:model -- [--states N] [--rule-states N] [--seed N] [--only TEXT] [--wide] [--traces]`: takes the steps of
 * every scenario in every order, up to so many states of each, then breaks one rule after the other until something goes
 * wrong.
 */
import { parseArgs } from "node:util";
import { newSeed, Random } from "../support/random";
import { explore, type Breach, type Exploration } from "./explorer";
import { rules } from "./rules/rules";
import type { Scenario } from "./scenario";
import * as scenarios from "./scenarios/scenarios";
import { widened } from "./scenarios/widened";
import { shrink } from "./shrink";
import { installSurroundings, realNow } from "./surroundings";

const { values } = parseArgs({
  options: {
    states: { type: "string", default: "20000" },
    "rule-states": { type: "string", default: "20000" },
    seed: { type: "string" },
    only: { type: "string", default: "" },
    wide: { type: "boolean", default: false },
    traces: { type: "boolean", default: false },
  },
});

const seed = Number(values.seed ?? newSeed());
const totals = { states: 0, transitions: 0, ends: 0, paths: 0 };

async function main(): Promise<void> {
  const start = realNow();
  const all = Object.values(scenarios).filter(isMeant);
  const failures =
    (await exploreAll(values.wide ? all.flatMap(widened) : all)) +
    (await breakAll());
  const { states, transitions, ends, paths } = totals;
  console.log(
    `\n${states} states, ${transitions} steps between them, ${ends} ends, ${paths} paths walked; ` +
      `seed ${seed}, Node.js ${process.version}, ${seconds(start)} s: ` +
      (failures > 0 ? `${failures} FAILED` : "all is as it has to be"),
  );
  process.exitCode = failures > 0 ? 1 : 0;
}

function isMeant({ name }: { readonly name: string }): boolean {
  return name.includes(values.only);
}

/** Returns how many of the scenarios go wrong. */
async function exploreAll(some: readonly Scenario[]): Promise<number> {
  let failures = 0;
  for (const scenario of some) {
    const start = realNow();
    const result = await look(scenario, Number(values.states));
    const { states, transitions, ends, longest, isComplete } = result;
    const { violation } = result;
    console.log(
      `${violation ? "FAIL" : "ok  "} ${scenario.name}: ${states} states${isComplete ? " (all)" : ""}, ` +
        `${transitions} steps, ${ends} ends, at most ${longest} steps long, ${seconds(start)} s`,
    );
    if (violation) {
      failures++;
      print(await shrink(scenario, violation));
    }
  }
  return failures;
}

/** Returns without how many of the rules nothing goes wrong. */
async function breakAll(): Promise<number> {
  let failures = 0;
  console.log("");
  for (const rule of rules.filter(({ scenario }) => isMeant(scenario))) {
    const { at, says, scenario, leadsTo } = rule;
    const { states, violation } = await look(
      scenario,
      Number(values["rule-states"]),
      rule,
    );
    if (violation === undefined) {
      failures++;
      console.log(
        `FAIL without "${says}" [${at}]: nothing in ${states} states`,
      );
      continue;
    }
    const found = await shrink(scenario, violation, rule);
    const isExpected = found.problems.some((one) => one.startsWith(leadsTo));
    failures += isExpected ? 0 : 1;
    console.log(
      `${isExpected ? "ok  " : "FAIL"} without "${says}" [${at}]: ${leadsTo}, ` +
        `after ${states} states, ${found.trace.length} steps`,
    );
    if (values.traces || !isExpected) {
      print(found);
    }
  }
  return failures;
}

async function look(
  scenario: Scenario,
  maxStates: number,
  breach?: Breach,
): Promise<Exploration> {
  let shownAt = realNow();
  const result = await explore(scenario, {
    random: new Random(seed),
    maxStates,
    ...(breach && { breach }),
    onProgress: (states, open) => {
      if (realNow() - shownAt > 10_000) {
        shownAt = realNow();
        console.log(`     … ${scenario.name}: ${states} states, ${open} open`);
      }
    },
  });
  totals.states += result.states;
  totals.transitions += result.transitions;
  totals.ends += result.ends;
  totals.paths += result.paths;
  return result;
}

function print({
  trace,
  problems,
}: {
  readonly trace: readonly string[];
  readonly problems: readonly string[];
}): void {
  trace.forEach((line, i) =>
    console.log(`${String(i + 1).padStart(7)} ${line}`),
  );
  problems.forEach((problem) => console.log(`      ! ${problem}`));
}

function seconds(start: number): string {
  return ((realNow() - start) / 1_000).toFixed(1);
}

const restore = installSurroundings();
void main().finally(restore);
