const { runtime } = require("../support/runtimes.js");
const { loads, smoke } = require("../support/smoke.js");
const { newest } = require("./application.js");
const versions = require("./versions.js");

module.exports = [
  {
    name: "bun",
    title: `bun ${versions.bun}`,
    async run(workspace) {
      const bun = await runtime("bun", versions.bun);
      const folder = await newest(workspace);
      const checks = (await loads(bun, folder)) + (await smoke(bun, folder));
      return { checks };
    },
  },
];
