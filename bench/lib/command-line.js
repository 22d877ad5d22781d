"use strict";
/**
 * The flags of run.js.
 */
const { parseArgs } = require("node:util");
const { CONTENDERS } = require("./contenders");
const { WORKLOADS } = require("../workloads");

const USAGE = `Usage: node bench/run.js [flags]

  --quick                 one short round of the main cases: under two minutes
  --full                  every case of every workload, without a limit of time: half an hour a round
  --rounds <n>            how often each contender runs each workload (3; 1 with --quick)
  --minutes <n>           no round after the first begins what would not end within that time (9)
  --only <a,b>            these workloads only
  --contenders <a,b>      these contenders only
  --out <dir>             where the results go (bench/results)
  --profile <dir>         also writes CPU profiles there, and lists the functions with most time of their own; the
                          figures of such a run are no good
  --list                  lists the workloads and the contenders
  --help                  this text
`;

class UsageError extends Error {}

/** @throws {UsageError} on anything that is wrong with the flags */
function parseFlags(args) {
  const values = parse(args);
  if (values.quick && values.full) {
    throw new UsageError("--quick and --full exclude each other");
  }
  return {
    ...values,
    rounds: positive(values, "rounds") ?? (values.quick ? 1 : 3),
    minutes: positive(values, "minutes") ?? (values.full ? Infinity : 9),
    workloads: select(WORKLOADS, "name", values.only, "workload"),
    contenders: select(CONTENDERS, "id", values.contenders, "contender"),
  };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: "boolean", default: false },
        full: { type: "boolean", default: false },
        rounds: { type: "string" },
        minutes: { type: "string" },
        only: { type: "string" },
        contenders: { type: "string" },
        out: { type: "string" },
        profile: { type: "string" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error.message.split(". ")[0]);
  }
}

function positive(values, name) {
  if (values[name] === undefined) {
    return undefined;
  }
  const number = Number(values[name]);
  if (!(number > 0) || (name === "rounds" && !Number.isInteger(number))) {
    throw new UsageError(
      `--${name} is ${values[name]} and must be a positive number`,
    );
  }
  return number;
}

/** The items of a comma-separated list, all of them if there is none. */
function select(items, key, list, kind) {
  if (list === undefined) {
    return items;
  }
  const names = list.split(",");
  const unknown = names.find(
    (name) => !items.some((item) => item[key] === name),
  );
  if (unknown !== undefined) {
    const known = items.map((item) => item[key]).join(", ");
    throw new UsageError(`there is no ${kind} "${unknown}", only ${known}`);
  }
  return items.filter((item) => names.includes(item[key]));
}

module.exports = { parseFlags, UsageError, USAGE };
