const fs = require("node:fs");
const path = require("node:path");
const { run } = require("../support/command.js");
const { Failure } = require("../support/failure.js");
const versions = require("./versions.js");

const SOURCE = path.join("types", "consumer.mts");
const ERROR = /^(.+?)\(\d+,\d+\): error TS\d+/;

/** One compilation per module form; the endings say what Node.js takes the file for. */
const FORMS = [
  { module: "commonjs", files: ["consumer.ts"] },
  { module: "node16", files: ["consumer.cts", "consumer.mts"] },
];

/** The oldest resolution that finds a package without `exports`; TypeScript 6 deprecates "node10". */
function moduleResolution(version, module) {
  if (module === "node16") {
    return "node16";
  }
  return Number(version) < 6 ? "node10" : "bundler";
}

/** The package in whose types an error is, or undefined for an error that is the library's to answer for. */
function foreignPackage(file) {
  const match = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file);
  return match?.[1] === "@socket.io/cluster-adapter" ? undefined : match?.[1];
}

/** Compiles the consumer; returns the packages, other than the library, whose own types have errors. */
async function compile(compiler, version, folder, form, skipLibCheck) {
  const { module, files } = form;
  const result = await run(
    process.execPath,
    [
      ...[path.join(compiler, "bin", "tsc"), "--noEmit", "--strict"],
      ...["--pretty", "false", "--types", "node"],
      ...["--target", "es2020", "--lib", "es2020"],
      ...["--module", module],
      ...["--moduleResolution", moduleResolution(version, module)],
      ...["--skipLibCheck", String(skipLibCheck)],
      ...files,
    ],
    { cwd: folder, timeout: 60_000 },
  );
  const places = result.stdout
    .split("\n")
    .map((line) => ERROR.exec(line)?.[1])
    .filter(Boolean);
  const foreign = places.map(foreignPackage);
  if (foreign.includes(undefined) || (!result.ok && places.length === 0)) {
    throw new Failure(
      `${files.join(" and ")} with module ${module}, skipLibCheck ${skipLibCheck}`,
      result.output,
    );
  }
  return foreign;
}

module.exports = versions.typescript.map((version) => ({
  name: `typescript-${version}`,
  title: `TypeScript ${version}`,
  async run(workspace) {
    const folder = await workspace.application("typescript", {
      "socket.io": versions.socketIo.at(-1),
      "socket.io-adapter": versions.socketIoAdapter.at(-1),
      "@types/node": versions.typesNode,
    });
    const compiler = await workspace.tool(`typescript-${version}`);
    const foreign = new Set();
    let checks = 0;
    for (const form of FORMS) {
      for (const file of form.files) {
        fs.copyFileSync(path.join(folder, SOURCE), path.join(folder, file));
      }
      const found = await Promise.all(
        [true, false].map((skipLibCheck) =>
          compile(compiler, version, folder, form, skipLibCheck),
        ),
      );
      found.flat().forEach((name) => foreign.add(name));
      checks += 2 * form.files.length;
    }
    const note =
      foreign.size > 0
        ? `errors in the types of ${[...foreign].join(", ")}`
        : undefined;
    return { checks, note };
  },
}));
