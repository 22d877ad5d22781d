/**
 * `npm run fuzz -- [--seconds N] [--seed N] [--target NAME] [--replay FILE]`: gives the frame decoder, the primary and a
 * worker what nobody would send, for so many seconds each.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { newSeed } from "../support/random";
import { pack, unpack } from "./corpus";
import type { Target } from "./fuzzer";
import { attack, FAILURES, type News } from "./guard";
import { surroundTargets, targets } from "./targets/targets";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string", default: "" },
    replay: { type: "string" },
  },
});

const seed = Number(values.seed ?? newSeed());
const PROGRESS_EVERY = 10_000;

async function main(): Promise<void> {
  for (const target of targets) {
    if (values.replay && target.name === values.target) {
      await replay(target, values.replay);
    } else if (target.name.includes(values.target)) {
      await attackOne(target.name);
    }
  }
}

async function replay(target: Target, file: string): Promise<void> {
  const restore = surroundTargets();
  try {
    await target.run(unpack(readFileSync(file)) as unknown[]);
    console.log("nothing is wrong");
  } finally {
    restore();
  }
}

async function attackOne(target: string): Promise<void> {
  let shownAt = Date.now();
  const news = await attack({
    target,
    seed,
    duration: Number(values.seconds) * 1_000,
    onProgress({ executions, kept, bytes }) {
      if (Date.now() - shownAt > PROGRESS_EVERY) {
        shownAt = Date.now();
        console.log(
          `     … ${target}: ${executions} inputs, ${kept} kept, ${bytes} bytes of code`,
        );
      }
    },
  });
  report(target, news);
}

function report(target: string, news: News): void {
  const { executions, kept, bytes, recorded = 0, files = [], failure } = news;
  console.log(
    `${failure ? "FAIL" : "ok  "} ${target}: ${executions} inputs in ${values.seconds} s, ${recorded} recorded, ` +
      `${kept - recorded} more kept, ${bytes} bytes of code; seed ${seed}, Node.js ${process.version}`,
  );
  for (const [file, { covered, total }] of files.filter(
    ([, file]) => file.covered > 0,
  )) {
    const share = ((100 * covered) / total).toFixed(1);
    console.log(`       ${share.padStart(5)} % of ${file}`);
  }
  if (failure) {
    process.exitCode = 1;
    const file = resolve(FAILURES, `${target}-${seed}.bin`);
    writeFileSync(file, pack(failure.steps));
    console.log(failure.text);
    console.dir(failure.steps, { depth: 8 });
    console.log(`again: npm run fuzz -- --target ${target} --replay ${file}`);
  }
}

void main();
