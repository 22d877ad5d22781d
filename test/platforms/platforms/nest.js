const { smoke } = require("../support/smoke.js");
const versions = require("./versions.js");

module.exports = [
  {
    name: "nest",
    title: `NestJS ${versions.nest["@nestjs/core"]}`,
    async run(workspace) {
      const folder = await workspace.application("nest", {
        ...versions.nest,
        "socket.io-client": versions.socketIoClient,
      });
      const checks = await smoke(process.execPath, folder, "nest/worker.mjs");
      return { checks };
    },
  },
];
