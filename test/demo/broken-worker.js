"use strict";

const cluster = require("node:cluster");

if (cluster.isWorker) {
  throw new Error("this worker cannot start");
}
