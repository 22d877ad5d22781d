const fs = require("node:fs");
const path = require("node:path");
const { run } = require("../support/command.js");
const { Failure } = require("../support/failure.js");
const { devDependencies } = require("../package.json");

const REQUIRED = [
  "LICENSE",
  "README.md",
  "dist/index.d.ts",
  "dist/index.js",
  "package.json",
];
const ALLOWED = [...REQUIRED, "CHANGELOG.md"];
const COMPILED = /^dist\/.+\.(js|d\.ts)(\.map)?$/;

function checkFiles({ files }) {
  const missing = REQUIRED.filter((file) => !files.includes(file));
  const stray = files.filter(
    (file) => !ALLOWED.includes(file) && !COMPILED.test(file),
  );
  if (missing.length > 0 || stray.length > 0) {
    throw new Failure(
      `${missing.length} missing, ${stray.length} stray`,
      `missing: ${missing.join(" ") || "none"}\nstray: ${stray.join(" ") || "none"}\n`,
    );
  }
  return { checks: 1 };
}

async function checkWithPublint(tarball) {
  const { publint } = await import("publint");
  const { formatMessage } = await import("publint/utils");
  const { buffer, byteOffset, byteLength } = fs.readFileSync(tarball.file);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
  });
  if (messages.length > 0) {
    throw new Failure(
      `publint has ${messages.length} messages`,
      messages
        .map((message) => formatMessage(message, pkg, { color: false }))
        .join("\n"),
    );
  }
  return { checks: 1 };
}

/** The library has one form, CommonJS, which every resolution is to find. */
async function checkWithAttw(attwFolder, tarball) {
  const result = await run(
    process.execPath,
    [path.join(attwFolder, "dist", "index.js"), tarball.file, "--no-color"],
    { cwd: path.dirname(tarball.file), timeout: 60_000 },
  );
  if (!result.ok) {
    throw new Failure("are the types wrong?", result.output);
  }
  return { checks: 1 };
}

module.exports = [
  {
    name: "package-files",
    title: "the files of the package",
    run: async (workspace) => checkFiles(await workspace.tarball()),
  },
  {
    name: "package-publint",
    title: `publint ${devDependencies.publint}`,
    run: async (workspace) => {
      await workspace.tool("publint");
      return checkWithPublint(await workspace.tarball());
    },
  },
  {
    name: "package-types",
    title: `@arethetypeswrong/cli ${devDependencies["@arethetypeswrong/cli"]}`,
    run: async (workspace) =>
      checkWithAttw(
        await workspace.tool("@arethetypeswrong/cli"),
        await workspace.tarball(),
      ),
  },
];
