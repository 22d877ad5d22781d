const { run } = require("./command.js");
const { Failure } = require("./failure.js");

// scripts of dependencies: nothing that is installed here needs one
const QUIET = [
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--loglevel=error",
];

/** Runs npm and returns its standard output. */
async function npm(cwd, command, ...args) {
  const result = await run("npm", [command, ...QUIET, ...args], {
    cwd,
    timeout: 180_000,
  });
  if (!result.ok) {
    throw new Failure(
      `npm ${command} ended with ${result.status}`,
      result.output,
    );
  }
  return result.stdout;
}

/** Installs these packages, and nothing else, in a folder that has a package.json. */
function install(cwd, packages) {
  return npm(
    cwd,
    "install",
    "--prefer-offline",
    "--no-package-lock",
    "--save-exact",
    ...packages,
  );
}

module.exports = { npm, install };
