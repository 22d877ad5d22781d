const fs = require("node:fs");
const path = require("node:path");
const { runFixture } = require("../support/fixture.js");
const { writeSection } = require("../support/readme.js");
const { newest } = require("./application.js");
const { devDependencies } = require("../package.json");

/** Ends a daemon that the fixture did not end, and its workers, by the pid files in its home. */
function killDaemon(home) {
  const files = [path.join(home, "pm2.pid")];
  const pids = path.join(home, "pids");
  if (fs.existsSync(pids)) {
    files.push(...fs.readdirSync(pids).map((name) => path.join(pids, name)));
  }
  for (const file of files) {
    try {
      process.kill(Number(fs.readFileSync(file, "utf8")), "SIGKILL");
    } catch {
      // it has ended, or has not started
    }
  }
}

module.exports = [
  {
    name: "pm2",
    title: `@socket.io/pm2 ${devDependencies["@socket.io/pm2"]}`,
    async run(workspace) {
      const folder = await newest(workspace);
      const example = path.join(folder, "with-pm2");
      writeSection("with-pm2", example);
      const home = path.join(workspace.folder, "pm2");
      fs.mkdirSync(home);
      let hasEnded = false;
      workspace.atEnd(() => hasEnded || killDaemon(home));
      const checks = await runFixture(process.execPath, ["pm2/main.js"], {
        cwd: folder,
        timeout: 90_000,
        env: {
          PM2_HOME: home,
          PM2_FOLDER: await workspace.tool("@socket.io/pm2"),
          // a path: the daemon would listen on a fixed port otherwise
          PM2_PORT: path.join(home, "sticky.sock"),
          PM2_DISCRETE_MODE: "true",
          PM2_NODE_OPTIONS: `--require ${path.join(folder, "readme", "two-cpus.js")}`,
          EXAMPLE: example,
        },
      });
      hasEnded = true;
      return { checks };
    },
  },
];
