/** Every platform, the quick ones first: `{ name, title, run(workspace) }`, where run() returns `{ checks, note }`. */
module.exports = [
  ...require("./package.js"),
  ...require("./readme.js"),
  ...require("./operations.js"),
  ...require("./typescript.js"),
  ...require("./node.js"),
  ...require("./socket-io.js"),
  ...require("./nest.js"),
  ...require("./bun.js"),
  ...require("./pm2.js"),
];
