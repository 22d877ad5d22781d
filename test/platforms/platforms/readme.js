const path = require("node:path");
const { run } = require("../support/command.js");
const { Failure } = require("../support/failure.js");
const { runFixture } = require("../support/fixture.js");
const { codeBlocks, writeSection } = require("../support/readme.js");
const { compile } = require("../support/typescript.js");
const versions = require("./versions.js");

/** The clusters: the file of each that is started, and what is done with it. */
const CLUSTERS = {
  "with-cluster": ["main.js"],
  "es-modules": ["main.mjs"],
  "with-recluster": ["cluster.js", "--reload"],
};
/** Programs that do their work and end. */
const SCRIPTS = { typescript: "main.js", setupprimary: "main.js" };
/** What other platforms run. */
const ELSEWHERE = ["with-pm2", "with-nestjs", "with-bun"];
/** A few lines out of a program. */
const FRAGMENTS = ["errors-and-warnings", "troubleshooting"];

function checkThatAllIsRun() {
  const known = [
    ...Object.keys(CLUSTERS),
    ...Object.keys(SCRIPTS),
    ...ELSEWHERE,
    ...FRAGMENTS,
  ];
  const sections = new Set(codeBlocks().map(({ section }) => section));
  const unknown = [...sections].filter((section) => !known.includes(section));
  if (unknown.length > 0) {
    throw new Failure("no platform runs some code", unknown.join("\n"));
  }
  return { checks: 1 };
}

function application(workspace) {
  return workspace.application("readme", {
    "socket.io": versions.socketIo.at(-1),
    "socket.io-adapter": versions.socketIoAdapter.at(-1),
    "socket.io-client": versions.socketIoClient,
    "@socket.io/sticky": versions.sticky,
    "@types/node": versions.typesNode,
    recluster: versions.recluster,
  });
}

async function runCluster(workspace, section, [file, ...args]) {
  const folder = await application(workspace);
  writeSection(section, path.join(folder, section));
  const checks = await runFixture(
    process.execPath,
    ["readme/main.js", path.join(section, file), ...args],
    { cwd: folder, timeout: 60_000 },
  );
  return { checks };
}

async function runScript(workspace, section, file) {
  const folder = path.join(await application(workspace), section);
  const sources = writeSection(section, folder).filter((source) =>
    source.endsWith(".ts"),
  );
  const compiled =
    sources.length > 0 ? await compile(workspace, folder, sources) : 0;
  const result = await run(process.execPath, [file], {
    cwd: folder,
    timeout: 20_000,
  });
  if (!result.ok || result.output !== "") {
    throw new Failure(`${file} ended with ${result.status}`, result.output);
  }
  return { checks: compiled + 1 };
}

module.exports = [
  {
    name: "readme-all",
    title: "README, all code is run",
    run: checkThatAllIsRun,
  },
  ...Object.entries(CLUSTERS).map(([section, args]) => ({
    name: `readme-${section}`,
    title: `README #${section}`,
    run: (workspace) => runCluster(workspace, section, args),
  })),
  ...Object.entries(SCRIPTS).map(([section, file]) => ({
    name: `readme-${section}`,
    title: `README #${section}`,
    run: (workspace) => runScript(workspace, section, file),
  })),
];
