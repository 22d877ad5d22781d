const fs = require("node:fs");
const path = require("node:path");
const { Failure, Skip } = require("./failure.js");
const { install } = require("./npm.js");

/** Holds nothing but a node_modules folder: a runtime is downloaded once. */
const CACHE = path.join(__dirname, "..", "runtimes");

const BUN_ARCHITECTURES = { x64: "x64", arm64: "aarch64" };

/** The npm package of a runtime's binary for this machine, and the binary's place in it. */
const RUNTIMES = {
  node: () => ({
    name: `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`,
    binary: process.platform === "win32" ? "bin/node.exe" : "bin/node",
  }),
  bun: () => ({
    name: `@oven/bun-${process.platform === "win32" ? "windows" : process.platform}-${BUN_ARCHITECTURES[process.arch]}`,
    binary: process.platform === "win32" ? "bin/bun.exe" : "bin/bun",
  }),
};

/** The path of that runtime's binary, downloaded if it is not there yet. */
async function runtime(kind, version) {
  const { name, binary } = RUNTIMES[kind]();
  const folder = path.join(CACHE, "node_modules", `${kind}-${version}`);
  const file = path.join(folder, "node_modules", name, binary);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, "package.json"), '{"private":true}');
    try {
      await install(folder, [`${name}@${version}`]);
    } catch (error) {
      fs.rmSync(folder, { recursive: true, force: true });
      if (
        error instanceof Failure &&
        /E404|ETARGET|EBADPLATFORM/.test(error.output)
      ) {
        throw new Skip(`there is no package ${name}@${version}`);
      }
      throw error;
    }
  }
  return file;
}

module.exports = { runtime };
