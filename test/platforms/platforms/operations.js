const path = require("node:path");
const { runFixture } = require("../support/fixture.js");
const { codeBlocks, OPERATIONS, writeBlocks } = require("../support/readme.js");
const { compile } = require("../support/typescript.js");
const versions = require("./versions.js");

/** An application with the code of docs/operations.md in a folder. */
async function application(workspace) {
  const folder = await workspace.application("operations", {
    "socket.io": versions.socketIo.at(-1),
    "socket.io-adapter": versions.socketIoAdapter.at(-1),
    "prom-client": versions.promClient,
    "@types/node": versions.typesNode,
  });
  const examples = path.join(folder, "examples");
  return { folder, files: writeBlocks(codeBlocks(OPERATIONS), examples) };
}

module.exports = [
  {
    name: "operations-types",
    title: "docs/operations.md, all code compiles",
    async run(workspace) {
      const { folder, files } = await application(workspace);
      return { checks: await compile(workspace, folder, files) };
    },
  },
  {
    name: "operations-metrics",
    title: "docs/operations.md #prometheus",
    async run(workspace) {
      const { folder } = await application(workspace);
      const checks = await runFixture(
        process.execPath,
        ["operations/main.mjs"],
        { cwd: folder, timeout: 60_000 },
      );
      return { checks };
    },
  },
];
