const path = require("node:path");
const { runFixture } = require("../support/fixture.js");
const { writeSection } = require("../support/readme.js");
const { runtime } = require("../support/runtimes.js");
const { loads, smoke } = require("../support/smoke.js");
const { newest } = require("./application.js");
const versions = require("./versions.js");

const SECTION = "with-bun";

module.exports = [
  {
    name: "bun",
    title: `bun ${versions.bun}`,
    async run(workspace) {
      const bun = await runtime("bun", versions.bun);
      const folder = await newest(workspace);
      const example = path.join(folder, SECTION);
      writeSection(SECTION, example);
      const checks =
        (await loads(bun, folder)) +
        (await smoke(bun, folder)) +
        (await runFixture(
          bun,
          ["readme/main.js", path.join(example, "main.mjs"), "--ports"],
          { cwd: folder, timeout: 60_000 },
        ));
      return { checks };
    },
  },
];
