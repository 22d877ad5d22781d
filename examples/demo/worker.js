"use strict";

const cluster = require("node:cluster");
const http = require("node:http");
const { setupWorker } = require("@socket.io/sticky");
const { Server } = require("socket.io");
// in an application: require("@socket.io/cluster-adapter")
const { createAdapter } = require("../..");
const { startTraffic } = require("./traffic");
const { MAX_LENGTH, setupChat } = require("./worker/chat");
const { isSameOrigin } = require("./worker/origin");
const { servePage } = require("./worker/page");
const { setupTabs } = require("./worker/tabs");

const io = new Server(http.createServer(servePage), {
  // a tab that comes back, to whichever worker, gets what it has missed
  connectionStateRecovery: {},
  // the page can kill processes: it takes no orders from other pages
  allowRequest: (req, callback) => callback(null, isSameOrigin(req)),
  // a message is at most four bytes per character, plus its envelope
  maxHttpBufferSize: 4 * MAX_LENGTH + 1000,
  // until the primary has let go of a connection, it can swallow what the client sends: such a client soon starts again
  connectTimeout: 2000,
  // a tab whose worker is frozen finds another one soon
  pingInterval: 2000,
  pingTimeout: 1500,
});

// what this worker emits reaches the clients of all workers
io.adapter(createAdapter());
// the primary listens on the port and hands the connections over
setupWorker(io);

setupChat(io);
setupTabs(io);
// said by the primary when this worker knows of the others: what it would send before that could not be recovered
io.once("traffic", (pace) => startTraffic(io, cluster.worker.id, pace));

// a rolling restart disconnects a worker from the cluster when its clients are gone
process.on("disconnect", () => io.close(() => process.exit(0)));
// Ctrl-C reaches every process of the terminal: the primary decides when the workers end
process.on("SIGINT", () => {});
process.on("SIGTERM", () => io.close(() => process.exit(0)));

process.send({ type: "demo:ready" });
