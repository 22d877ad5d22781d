const { smoke } = require("../support/smoke.js");
const { application } = require("./application.js");
const versions = require("./versions.js");

module.exports = versions.socketIo.flatMap((socketIo) =>
  versions.socketIoAdapter.map((adapter) => ({
    name: `socket.io-${socketIo}-adapter-${adapter}`,
    title: `socket.io ${socketIo} with socket.io-adapter ${adapter}`,
    async run(workspace) {
      const folder = await application(workspace, socketIo, adapter);
      return { checks: await smoke(process.execPath, folder) };
    },
  })),
);
