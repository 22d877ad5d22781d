"use strict";

const { refusalOf } = require("../commands");
const { askPrimary } = require("./ask-primary");

/** Counts the tabs of this worker for the primary, and carries what they ask for to it. */
function setupTabs(io) {
  const count = () => {
    process.send(
      { type: "demo:tabs", tabs: io.of("/").sockets.size },
      ignoreError,
    );
  };

  io.on("connection", (socket) => {
    count();
    socket.on("disconnect", count);

    if (!socket.recovered) {
      void askPrimary({ subject: "history" }).then((history) =>
        socket.emit("history", history),
      );
    }

    socket.on("command", async (command, ack) => {
      // a client can send anything, also something that is not a function
      if (typeof ack !== "function") {
        return;
      }
      const error = refusalOf(command);
      ack(
        error ? { error } : await askPrimary({ subject: "command", command }),
      );
    });
  });
}

// without the primary this process is about to end, and nobody counts
function ignoreError() {}

module.exports = { setupTabs };
