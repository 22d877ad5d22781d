#!/usr/bin/env node
"use strict";
/**
 * Runs the benchmark and writes the results. `--help` lists the flags.
 */
const fs = require("node:fs");
const path = require("node:path");
const { parseFlags, USAGE, UsageError } = require("./lib/command-line");
const { CONTENDERS } = require("./lib/contenders");
const { describeMachine } = require("./lib/machine");
const { hottestFunctions } = require("./lib/report/hot-functions");
const { redisVersion } = require("./lib/redis");
const { writeReport } = require("./lib/report");
const { Progress } = require("./lib/report/progress");
const { runAll } = require("./lib/schedule");
const { copySubject, ROOT } = require("./lib/subject");
const { WORKLOADS } = require("./workloads");

async function main() {
  const flags = parseFlags(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (flags.list) {
    process.stdout.write(list());
    return;
  }
  copySubject();
  const notes = checkRedis(flags);
  const machine = describeMachine(ROOT);
  notes.forEach((note) => console.log(note));

  if (flags.profile !== undefined) {
    flags.profile = path.resolve(flags.profile);
    fs.mkdirSync(flags.profile, { recursive: true });
  }

  const results = await runAll(flags, new Progress(flags.rounds));
  const out = path.resolve(flags.out ?? path.join(__dirname, "results"));
  const targets = writeReport(out, { machine, notes, flags, ...results });
  console.log(`\n${targets}\n\nThe results are in ${out}`);
  if (flags.profile !== undefined) {
    console.log(`\n${hottestFunctions(flags.profile)}`);
  }
  if (results.failures.length > 0) {
    console.error(`${results.failures.length} runs have failed`);
    process.exitCode = 1;
  }
}

/** Leaves out the contenders that need a Redis where there is none; returns what the report has to say of it. */
function checkRedis(flags) {
  if (!flags.contenders.some(({ usesRedis }) => usesRedis)) {
    return [];
  }
  const version = redisVersion();
  if (version !== undefined) {
    return [`Redis ${version} on the loopback interface, without persistence.`];
  }
  flags.contenders = flags.contenders.filter(({ usesRedis }) => !usesRedis);
  return [
    "There is no `redis-server` on this machine: the adapters that need one were left out.",
  ];
}

function list() {
  const workloads = WORKLOADS.map(
    ({ name, title }) => `  ${name.padEnd(24)}${title}`,
  );
  const contenders = CONTENDERS.map(
    ({ id, title }) => `  ${id.padEnd(24)}${title}`,
  );
  return `Workloads:\n${workloads.join("\n")}\n\nContenders:\n${contenders.join("\n")}\n`;
}

// the processes under test end with this one
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(130));
}

main().catch((error) => {
  console.error(error instanceof UsageError ? error.message : error);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
