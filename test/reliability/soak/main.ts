/**
 * `npm run soak -- [--minutes M] [--seed N] [--out FOLDER]`: clients that come, go and return, and workers that are
 * replaced, for a long time. Nothing may be lost meanwhile, and no process may need more and more memory.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { TestWorker } from "../../support/worker";
import { leave } from "../chaos/leftovers";
import type { Fault, Plan, Round } from "../chaos/plan";
import { planOf } from "../chaos/random-plan";
import { play } from "../chaos/round";
import { Scene } from "../chaos/scene";
import { unexplained } from "../chaos/warnings";
import { lineChart } from "./line-chart";
import { type Memory, memoryOf } from "./memory";
import { type Point, hasHigherPeak, isGrowth, trendOf } from "./trend";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    out: { type: "string", default: "build/soak" },
  },
});

const WORKERS = 4;
// the last one is killed now and then, and a new one takes its place
const ROUNDS_PER_KILL = 8;
const WARM_UP = 0.3;
const PLANNED_ROUNDS = 20;
// the log of packets is always full: what it needs does not depend on how busy the machine is
const LIMITS = { maxLogEntries: 2_000, maxLogBytes: 4_000_000 };
/** What is growth, of either. */
const JUDGES: Record<keyof Memory, (points: readonly Point[]) => boolean> = {
  heap: (points) => isGrowth(points, { share: 0.08, least: 1 }),
  // the allocator gives back a lot, and when it likes
  rss: (points) => hasHigherPeak(points, { share: 0.1, least: 8 }),
};

type Series = Record<keyof Memory, Point[]>;

function planFor(seed: number): Plan {
  const plan = planOf(seed, {
    mode: "recovery",
    rounds: PLANNED_ROUNDS,
    duration: 1_500,
    isGentle: true,
  });
  return {
    ...plan,
    config: {
      ...plan.config,
      serialization: "advanced",
      parser: "default",
      tight: "log",
      patience: "long",
      workers: WORKERS,
    },
  };
}

/** Plays rounds until the time is over; samples after each. */
async function soak(
  scene: Scene,
  minutes: number,
): Promise<Map<string, Series>> {
  const processes = new Map<string, TestWorker | typeof scene.cluster.primary>([
    ["primary", scene.cluster.primary],
    ...scene.workers
      .slice(0, WORKERS - 1)
      .map((worker, i) => [`worker ${i + 1}`, worker] as const),
  ]);
  const series = new Map(
    Array.from(processes.keys(), (name): [string, Series] => [
      name,
      { heap: [], rss: [] },
    ]),
  );
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 60_000;
  for (let i = 0; elapsed() < minutes; i++) {
    await play(scene, roundOf(scene.plan, i));
    for (const [name, who] of processes) {
      const { heap, rss } = await memoryOf(who);
      const own = series.get(name) as Series;
      own.heap.push({ x: elapsed(), y: heap });
      own.rss.push({ x: elapsed(), y: rss });
    }
    if (scene.violations.length > 0) {
      break;
    }
    if (i % 10 === 0) {
      console.log(progress(i, elapsed(), series));
    }
  }
  return series;
}

/** The round, in which the last worker is killed now and then. */
function roundOf({ rounds }: Plan, i: number): Round {
  const round = rounds[i % rounds.length] as Round;
  if (i % ROUNDS_PER_KILL < ROUNDS_PER_KILL - 1) {
    return round;
  }
  const kill: Fault = { do: "kill", worker: WORKERS - 1 };
  return { ...round, steps: [{ at: 0, action: kill }, ...round.steps] };
}

function progress(
  round: number,
  minutes: number,
  series: ReadonlyMap<string, Series>,
): string {
  const figures = Array.from(series, ([name, { heap, rss }]) => {
    const last = (points: Point[]) => points[points.length - 1]?.y.toFixed(1);
    return `${name} ${last(heap)} / ${last(rss)} MB`;
  });
  return `${minutes.toFixed(1)} min, round ${round}: ${figures.join(", ")}`;
}

/** What is left when the beginning, in which everything fills, is left out. */
function settled(points: readonly Point[], minutes: number): Point[] {
  return points.filter(({ x }) => x >= minutes * WARM_UP);
}

function judge(
  scene: Scene,
  series: ReadonlyMap<string, Series>,
  minutes: number,
): void {
  for (const [name, own] of series) {
    for (const [kind, hasGrown] of Object.entries(JUDGES)) {
      const points = settled(own[kind as keyof Memory], minutes);
      const { slope, low, high, median } = trendOf(points);
      const text =
        `${kind} of ${name}: ${median.toFixed(1)} MB, ` +
        `${(slope * 60).toFixed(2)} MB per hour (95 %: ${(low * 60).toFixed(2)} to ${(high * 60).toFixed(2)})`;
      console.log(`  ${text}`);
      if (hasGrown(points)) {
        scene.report(`it grows: ${text}`);
      }
    }
  }
}

function draw(
  series: ReadonlyMap<string, Series>,
  minutes: number,
  folder: string,
): void {
  mkdirSync(folder, { recursive: true });
  const titles: Record<keyof Memory, string> = {
    heap: "Heap in use after garbage collection",
    rss: "Resident memory",
  };
  for (const kind of ["heap", "rss"] as const) {
    const lines = Array.from(series, ([name, own]) => ({
      name,
      points: own[kind],
    }));
    const file = join(folder, `soak-${kind}.svg`);
    const warmUp = minutes * WARM_UP;
    writeFileSync(
      file,
      lineChart({ title: titles[kind], unit: "MB", lines, warmUp }),
    );
    console.log(`  ${file}`);
  }
}

async function main(): Promise<void> {
  const minutes = Number(values.minutes);
  const scene = await Scene.open(planFor(Number(values.seed)), LIMITS);
  try {
    await Promise.all(scene.clients.map((client) => client.connect()));
    const series = await soak(scene, minutes);
    console.log();
    judge(scene, series, minutes);
    draw(series, minutes, values.out as string);
    unexplained(scene).forEach((warning) => scene.report(warning));
    if (scene.violations.length === 0) {
      await leave(scene);
    }
  } finally {
    scene.clients.forEach((client) => client.close());
    scene.cluster.workers.forEach((worker) => scene.mayEnd.add(worker));
    await scene.cluster.stop();
  }
  const count = (name: string) => scene.counts.get(name) ?? 0;
  console.log(
    `\n${minutes} minutes, seed ${values.seed}, Node.js ${process.version}: ${count("packets")} packets sent, ` +
      `${count("deliveries")} received, ${count("recovered")} recoveries`,
  );
  console.log(
    scene.violations.length > 0
      ? `FAILED:\n${scene.violations.join("\n")}`
      : "nothing found",
  );
  process.exitCode = scene.violations.length > 0 ? 1 : 0;
}

void main();
