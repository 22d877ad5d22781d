"use strict";
/**
 * Takes a CPU profile of this process.
 */
const { writeFileSync } = require("node:fs");
const { Session } = require("node:inspector/promises");

let session;

/** What run.js calls to have one. */
const profiler = {
  async startProfile() {
    session = new Session();
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
  },
  async stopProfile({ file }) {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    writeFileSync(file, JSON.stringify(profile));
  },
};

module.exports = { profiler };
