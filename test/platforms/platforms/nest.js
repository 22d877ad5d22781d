const path = require("node:path");
const { runFixture } = require("../support/fixture.js");
const { writeSection } = require("../support/readme.js");
const { smoke } = require("../support/smoke.js");
const { compile } = require("../support/typescript.js");
const versions = require("./versions.js");

module.exports = [
  {
    name: "nest",
    title: `NestJS ${versions.nest["@nestjs/core"]}`,
    async run(workspace) {
      const folder = await workspace.application("nest", {
        ...versions.nest,
        "@socket.io/sticky": versions.sticky,
        "@types/node": versions.typesNode,
        "socket.io-client": versions.socketIoClient,
      });
      const sources = writeSection("with-nestjs", path.join(folder, "nest"));
      const checks =
        (await compile(workspace, folder, sources)) +
        (await smoke(process.execPath, folder, "nest/worker.js")) +
        (await runFixture(
          process.execPath,
          ["readme/main.js", "nest/main.js"],
          { cwd: folder, timeout: 60_000 },
        ));
      return { checks };
    },
  },
];
