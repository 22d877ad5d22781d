const { runFixture } = require("./fixture.js");

const SERIALIZATIONS = ["json", "advanced"];

/** The smoke application: a cluster of three workers, once with each serialization. */
async function smoke(binary, folder, worker = "smoke/worker.js") {
  let checks = 0;
  for (const serialization of SERIALIZATIONS) {
    checks += await runFixture(
      binary,
      ["smoke/primary.js", serialization, worker],
      { cwd: folder, timeout: 60_000 },
    );
  }
  return checks;
}

/** Loading the package in each way that applications use. */
function loads(binary, folder) {
  return runFixture(binary, ["smoke/loads.js"], {
    cwd: folder,
    timeout: 20_000,
  });
}

module.exports = { smoke, loads };
