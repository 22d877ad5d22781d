const { run } = require("./command.js");
const { Failure } = require("./failure.js");

/** Runs a fixture, which prints a line per check, and returns how many checks passed. */
async function runFixture(command, args, options) {
  const result = await run(command, args, options);
  const passed = result.stdout.match(/^ok /gm)?.length ?? 0;
  const failed = result.stdout.match(/^not ok /gm)?.length ?? 0;
  const output = result.output.replace(/^ok .*\n/gm, "");
  if (failed > 0) {
    throw new Failure(`${failed} of ${passed + failed} checks failed`, output);
  }
  if (!result.ok || passed === 0) {
    throw new Failure(
      `ended with ${result.status} after ${passed} checks`,
      output,
    );
  }
  return passed;
}

module.exports = { runFixture };
