"use strict";
/**
 * Runs the workloads: round after round, and within a round the contenders of a workload one after the other, so that
 * whatever else the machine does hits all of them alike.
 */
const path = require("node:path");
const { Cluster } = require("./cluster");
const { isTargetRun } = require("./report/targets");

const CASE_TIMEOUT = 180_000;

// how long a stream is, in ms, and how often it is repeated at most to warm up
const PACES = {
  quick: { warmUp: 250, warmUps: 4, measure: 400 },
  default: { warmUp: 300, warmUps: 5, measure: 700 },
  full: { warmUp: 400, warmUps: 6, measure: 1_000 },
};

/**
 * @returns the figures of every run: `{ runs, failures }`
 */
async function runAll(flags, progress) {
  const mode = flags.quick ? "quick" : flags.full ? "full" : "default";
  const settings = {
    pace: PACES[mode],
    samples: (count) =>
      Math.max(4, Math.round(mode === "quick" ? count / 3 : count)),
    profileDir: flags.profile,
  };
  const deadline = Date.now() + flags.minutes * 60_000;
  const results = { runs: [], failures: [] };
  const durations = new Map();

  for (const { round, block } of planOf(flags)) {
    const startedAt = Date.now();
    if (round > 1 && startedAt + durations.get(block) > deadline) {
      progress.skip(round, block);
      continue;
    }
    for (const session of block.sessions) {
      await runSession({ round, block, session, settings, progress }, results);
    }
    durations.set(block, Date.now() - startedAt);
  }
  return results;
}

/** Everything once, then all rounds of what this version is measured by, then the other rounds of the rest. */
function planOf(flags) {
  const blocks = flags.workloads.flatMap((workload) => [
    ...blocksOf(workload, flags, true),
    ...blocksOf(workload, flags, false),
  ]);
  const targets = blocks.filter((block) => block.isTarget);
  const others = blocks.filter((block) => !block.isTarget);
  const rounds = Array.from({ length: flags.rounds }, (_, i) => i + 1);
  const plan = (round, selection) =>
    selection.map((block) => ({ round, block }));
  return [
    ...plan(1, blocks),
    ...rounds.slice(1).flatMap((round) => plan(round, targets)),
    ...rounds.slice(1).flatMap((round) => plan(round, others)),
  ];
}

/**
 * The cases of a workload which a contender runs in one cluster: those with the same number of workers, unless each needs
 * a cluster of its own.
 */
function blocksOf(workload, flags, isTarget) {
  const clusters = new Map();
  for (const one of workload.cases(flags)) {
    const key = workload.needsOwnCluster ? one.id : one.workers;
    clusters.set(key, [...(clusters.get(key) ?? []), one]);
  }
  const sessionOf = (contender, cases) => ({
    contender,
    cases: cases.filter(
      (one) =>
        one.contenders.includes(contender.id) &&
        isTargetRun(workload.name, one.id, contender.id) === isTarget,
    ),
  });
  return Array.from(clusters.values())
    .map((cases) => ({
      workload,
      workers: cases[0].workers,
      isTarget,
      sessions: flags.contenders
        .map((contender) => sessionOf(contender, cases))
        .filter((session) => session.cases.length > 0),
    }))
    .filter(({ sessions }) => sessions.length > 0);
}

async function runSession(
  { round, block, session, settings, progress },
  { runs, failures },
) {
  const { workload, workers } = block;
  const { contender, cases } = session;
  const name = { workload: workload.name, contender: contender.id, round };
  let cluster;
  let current;
  try {
    cluster = await Cluster.start({ contender, workload, workers });
    for (current of cases) {
      const { id, options } = current;
      const measure = () =>
        cluster.within(CASE_TIMEOUT, "the case is done", () =>
          workload.run(cluster, options, settings),
        );
      const figures = await (settings.profileDir === undefined
        ? measure()
        : cluster.profile(
            path.join(
              settings.profileDir,
              `${workload.name}-${id}-${contender.id}-${round}`,
            ),
            measure,
          ));
      runs.push({ ...name, case: current.id, workers, figures });
      progress.run(round, workload, current, contender, figures);
    }
  } catch (error) {
    const failure = { ...name, case: current?.id, reason: error.message };
    failures.push(failure);
    progress.failure(failure);
  } finally {
    await cluster?.stop();
  }
}

module.exports = { runAll };
