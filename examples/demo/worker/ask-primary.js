"use strict";

const questions = new Map();
let lastId = 0;

/** Resolves with what `primary/questions.js` answers. */
function askPrimary(question) {
  return new Promise((resolve) => {
    lastId++;
    questions.set(lastId, resolve);
    process.send({ type: "demo:question", id: lastId, question }, ignoreError);
  });
}

process.on("message", (message) => {
  if (message?.type === "demo:answer") {
    questions.get(message.id)?.(message.answer);
    questions.delete(message.id);
  }
});

// without the primary this process is about to end, and nobody waits for an answer
function ignoreError() {}

module.exports = { askPrimary };
