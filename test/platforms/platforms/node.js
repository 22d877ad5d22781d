const { runtime } = require("../support/runtimes.js");
const { loads, smoke } = require("../support/smoke.js");
const { newest } = require("./application.js");
const versions = require("./versions.js");

module.exports = versions.node.map((version) => ({
  name: `node-${version}`,
  title: `node ${version}`,
  async run(workspace) {
    const node = await runtime("node", version);
    const folder = await newest(workspace);
    const checks = (await loads(node, folder)) + (await smoke(node, folder));
    return { checks };
  },
}));
