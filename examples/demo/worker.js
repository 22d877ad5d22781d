"use strict";

const http = require("node:http");
const { setupWorker } = require("@socket.io/sticky");
const { Server } = require("socket.io");
// in an application: require("@socket.io/cluster-adapter")
const { createAdapter } = require("../..");
const { MAX_LENGTH, setupChat } = require("./worker/chat");
const { servePage } = require("./worker/page");
const { setupTabCount } = require("./worker/tab-count");

const io = new Server(http.createServer(servePage), {
  // a message is at most four bytes per character, plus its envelope
  maxHttpBufferSize: 4 * MAX_LENGTH + 1000,
  // until the primary has let go of a connection, it can swallow what the client sends: such a client soon starts again
  connectTimeout: 2000,
  // a tab that is closed while it upgrades its transport vanishes without a word: it is not counted for long
  pingInterval: 4000,
  pingTimeout: 4000,
});

// what this worker emits reaches the clients of all workers
io.adapter(createAdapter());
// the primary listens on the port and hands the connections over
setupWorker(io);

setupChat(io);
setupTabCount(io);

// Ctrl-C reaches every process of the terminal: the primary decides when the workers end
process.on("SIGINT", () => {});
process.on("SIGTERM", () => io.close(() => process.exit(0)));

process.send({ type: "demo:ready" });
