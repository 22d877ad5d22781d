/**
 * `node attack.js JSON`: fuzzes one target in a process of its own, so that nothing of it is left in others, and tells its
 * parent how it goes.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import { serialize } from "node:v8";
import { Coverage } from "./coverage";
import { fuzz, minimize, type Outcome, type Target } from "./fuzzer";
import type { Attack, News } from "./guard";

// what all inputs together may keep, in bytes
const MAX_MEMORY = 800e6;
const SHIPPED = resolve(__dirname, "../../dist");
// the code that is fuzzed takes what is around it from the model
const now = Date.now;
const send = process.send?.bind(process) as (news: News) => boolean;

async function main(attack: Attack): Promise<void> {
  // before the code is loaded: V8 counts the blocks of what it compiles from now on
  const coverage = new Coverage(attack.code ?? SHIPPED);
  coverage.start();
  const { surroundTargets, targets } = await import("./targets/targets.js");
  const { faults } = await import("./faults.js");
  const { maze } = await import("./maze.js");
  const note = openSync(attack.note, "w");
  const { name, seeds, run } = [...targets, maze].find(
    (one) => one.name === attack.target,
  )!;
  const target: Target = {
    name,
    seeds,
    run(steps) {
      // if this process does not survive it, the parent finds it there
      const bytes = serialize(steps);
      ftruncateSync(note, writeSync(note, bytes, 0, bytes.length, 0));
      return run(steps);
    },
  };
  const restore = surroundTargets();
  faults.find(({ says }) => says === attack.fault)?.plant();
  coverage.add(coverage.take());
  const { seed, duration } = attack;
  send({ executions: 0, kept: 0, bytes: 0 });
  const outcome = await fuzz(target, {
    seed,
    duration,
    coverage,
    now,
    onProgress({ executions, kept }) {
      send({ executions, kept, bytes: coverage.byteCount });
      if (process.memoryUsage.rss() > MAX_MEMORY) {
        throw new Error(`more than ${MAX_MEMORY} bytes of memory`);
      }
    },
  });
  const news = await report(target, outcome, coverage);
  closeSync(note);
  restore();
  send(news);
}

async function report(
  target: Target,
  { executions, kept, failure }: Outcome,
  coverage: Coverage,
): Promise<News> {
  return {
    executions,
    kept,
    bytes: coverage.byteCount,
    files: Array.from(coverage.files),
    recorded: target.seeds.length,
    failure: failure && {
      text: textOf(failure.error),
      steps: await minimize(target, failure),
    },
  };
}

function textOf(error: unknown): string {
  return error instanceof Error && error.stack ? error.stack : String(error);
}

process.once("disconnect", () => process.exit());
void main(JSON.parse(process.argv[2]!) as Attack).then(() =>
  process.disconnect(),
);
