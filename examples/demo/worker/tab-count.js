"use strict";

/**
 * Tells the primary how many tabs this worker has, and the tabs of this worker what the primary knows about all workers.
 */
function setupTabCount(io) {
  const report = () => {
    process.send(
      { type: "demo:tabs", tabs: io.of("/").sockets.size },
      ignoreError,
    );
  };

  io.on("connection", (socket) => {
    report();
    socket.on("disconnect", report);
  });

  process.on("message", (message) => {
    if (message?.type === "demo:workers") {
      io.local.emit("workers", message.workers);
    }
  });

  report();
}

// without the primary this process is about to end, and nobody counts
function ignoreError() {}

module.exports = { setupTabCount };
