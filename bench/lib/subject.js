"use strict";
/**
 * The library of this repository, as an application would have it: a copy of its build that finds the same
 * `socket.io-adapter` as the rivals, and does not change while the benchmark runs.
 */
const fs = require("node:fs");
const path = require("node:path");
const { UsageError } = require("./command-line");

const ROOT = path.join(__dirname, "..", "..");
const COPY = path.join(__dirname, "..", ".subject");

/** @throws {UsageError} if the library has not been built */
function copySubject() {
  const dist = path.join(ROOT, "dist");
  if (!fs.existsSync(path.join(dist, "index.js"))) {
    throw new UsageError("there is no dist/: run `npm run build` first");
  }
  fs.rmSync(COPY, { recursive: true, force: true });
  fs.cpSync(dist, path.join(COPY, "dist"), { recursive: true });
  fs.copyFileSync(
    path.join(ROOT, "package.json"),
    path.join(COPY, "package.json"),
  );
}

module.exports = { copySubject, ROOT };
