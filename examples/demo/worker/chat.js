"use strict";

const cluster = require("node:cluster");

const MAX_LENGTH = 500;

function setupChat(io) {
  const self = { id: cluster.worker.id, pid: process.pid };

  io.on("connection", (socket) => {
    // what asks for an acknowledgement is not recovered: this is about one connection, and not for the next one
    socket.emit("welcome", { worker: self, maxLength: MAX_LENGTH }, () => {});

    socket.on("message", (text, ack) => {
      // a client can send anything, also something that is not a function
      if (typeof ack !== "function") {
        return;
      }
      const refusal = refusalOf(text);
      if (refusal) {
        ack({ error: refusal });
        return;
      }
      io.emit("message", { text: text.trim(), from: self, sender: socket.id });
      ack({});
    });
  });
}

function refusalOf(text) {
  if (typeof text !== "string") {
    return "A message must be a string.";
  }
  if (text.trim() === "") {
    return "A message must not be empty.";
  }
  if (text.length > MAX_LENGTH) {
    return `A message must not be longer than ${MAX_LENGTH} characters, this one has ${text.length}.`;
  }
  return undefined;
}

module.exports = { MAX_LENGTH, setupChat };
