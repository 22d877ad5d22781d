#!/usr/bin/env node
const { parseArgs } = require("node:util");
const platforms = require("./platforms");
const { killRunning } = require("./support/command.js");
const { Failure, Skip } = require("./support/failure.js");
const { Workspace } = require("./support/workspace.js");

const USAGE = `Usage: node test/platforms/run.js [options] [name ...]

A name selects one platform, or all whose names start with it: "node", "node-14", "typescript-6.0".

  --list              print the names
  --package <spec>    test a tarball, or a published version, in place of this repository
  --help              print this text
`;

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: "boolean" },
        list: { type: "boolean" },
        package: { type: "string" },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

function fail(message) {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

/** "node" is node-14.18.0, node-16.20.2 and so on, "node-14" is node-14.18.0 and node-14.21.3. */
function isSelectedBy(name, { name: platform }) {
  return (
    platform === name ||
    (/^[-.]/.test(platform.slice(name.length)) && platform.startsWith(name))
  );
}

function select(names) {
  for (const name of names) {
    if (!platforms.some((platform) => isSelectedBy(name, platform))) {
      fail(`There is no platform "${name}".`);
    }
  }
  return names.length === 0
    ? platforms
    : platforms.filter((platform) =>
        names.some((name) => isSelectedBy(name, platform)),
      );
}

function indent(text) {
  return text.trimEnd().replace(/^/gm, "    ");
}

/** Runs one platform, prints its line and returns how it ended. */
async function runPlatform({ title, run }, workspace) {
  const start = Date.now();
  try {
    const { checks, note } = await run(workspace);
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    const details = [
      `${checks} check${checks === 1 ? "" : "s"}`,
      `${seconds} s`,
      note,
    ];
    console.log(`ok  ${title}  (${details.filter(Boolean).join(", ")})`);
    return "passed";
  } catch (error) {
    if (error instanceof Skip) {
      console.log(`skip  ${title}  (${error.message})`);
      return "skipped";
    }
    const expected = error instanceof Failure;
    console.log(`FAIL  ${title}  (${error.message})`);
    console.log(indent(expected ? error.output : error.stack));
    return "failed";
  }
}

async function main() {
  const { values, positionals } = parse();
  if (values.help) {
    return void process.stdout.write(USAGE);
  }
  const selected = select(positionals);
  if (values.list) {
    return selected.forEach(({ name }) => console.log(name));
  }

  const workspace = new Workspace(values.package);
  const end = () => {
    killRunning();
    workspace.remove();
  };
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      end();
      process.exit(1);
    });
  }

  const count = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const platform of selected) {
      count[await runPlatform(platform, workspace)]++;
    }
  } finally {
    end();
  }
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
}

void main();
