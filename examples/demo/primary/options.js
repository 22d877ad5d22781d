"use strict";

const os = require("node:os");
const { parseArgs } = require("node:util");

const MAX_WORKERS = 32;
const DEFAULTS = {
  port: 3000,
  host: "127.0.0.1",
  workers: Math.max(3, Math.min(4, os.cpus().length)),
};

const HELP = `Usage: npm run demo -- [--port <port>] [--host <host>] [--workers <count>]

  --port     where to listen, 0 for any free port (default: ${DEFAULTS.port})
  --host     the address to listen on (default: ${DEFAULTS.host})
  --workers  how many processes serve the clients, 2 to ${MAX_WORKERS} (default: ${DEFAULTS.workers})
  --help     this text`;

const FLAGS = {
  port: { type: "string" },
  host: { type: "string" },
  workers: { type: "string" },
  help: { type: "boolean" },
};

class UsageError extends Error {}

function parseOptions(args) {
  // not strict: the messages of the strict mode are several lines long and do not name the value
  const { values, positionals, tokens } = parseArgs({
    args,
    options: FLAGS,
    strict: false,
    tokens: true,
  });

  for (const token of tokens) {
    if (token.kind === "option" && !Object.hasOwn(FLAGS, token.name)) {
      throw new UsageError(`unknown flag ${nameAndValue(token)} (see --help)`);
    }
  }
  if (values.help !== undefined && values.help !== true) {
    throw new UsageError(`--help takes no value, got "${values.help}"`);
  }
  const options = {
    help: values.help === true,
    port: integer("--port", values.port ?? DEFAULTS.port, 0, 65535),
    host: nonEmpty("--host", values.host ?? DEFAULTS.host),
    workers: integer(
      "--workers",
      values.workers ?? DEFAULTS.workers,
      2,
      MAX_WORKERS,
    ),
  };
  // last, because "--port --workers 2" makes "2" look superfluous, while what is wrong is the port
  if (positionals.length > 0) {
    throw new UsageError(
      `unexpected argument "${positionals[0]}" (see --help)`,
    );
  }
  return options;
}

function nameAndValue({ rawName, value }) {
  return value === undefined ? rawName : `${rawName}=${value}`;
}

function integer(flag, value, min, max) {
  const rule = `${flag} must be an integer from ${min} to ${max}`;
  assertGiven(rule, value);
  if (!/^\d+$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new UsageError(`${rule}, got "${value}"`);
  }
  return Number(value);
}

function nonEmpty(flag, value) {
  const rule = `${flag} must be a host name or an IP address`;
  assertGiven(rule, value);
  if (value.trim() === "") {
    throw new UsageError(`${rule}, got "${value}"`);
  }
  return value;
}

function assertGiven(rule, value) {
  // this is how parseArgs() reports a flag at the end of the line that lacks its value
  if (value === true) {
    throw new UsageError(`${rule}, got no value`);
  }
}

module.exports = { HELP, UsageError, parseOptions };
