const path = require("node:path");
const { run } = require("./command.js");
const { Failure } = require("./failure.js");
const versions = require("../platforms/versions.js");

/**
 * Compiles files with the newest compiler and `strict`, to JavaScript next to them. JavaScript is checked as if it were
 * TypeScript, to a folder of its own.
 */
async function compile(workspace, folder, files) {
  const version = versions.typescript.at(-1);
  const compiler = await workspace.tool(`typescript-${version}`);
  const result = await run(
    process.execPath,
    [
      ...[path.join(compiler, "bin", "tsc"), "--strict"],
      ...["--pretty", "false", "--types", "node"],
      ...["--target", "es2022", "--module", "nodenext"],
      // the types of a framework are its own
      ...["--skipLibCheck", "true"],
      ...(files.some((file) => file.endsWith("js"))
        ? ["--allowJs", "--checkJs", "--outDir", "compiled"]
        : []),
      ...files,
    ],
    { cwd: folder, timeout: 60_000 },
  );
  if (!result.ok) {
    throw new Failure(`TypeScript ${version}`, result.output);
  }
  return files.length;
}

module.exports = { compile };
