"use strict";

const cluster = require("node:cluster");

/** Answers what workers ask, see `worker/ask-primary.js`. */
function answerQuestions({ board, control }) {
  const answerTo = ({ subject, command }) => {
    switch (subject) {
      case "history":
        return board.history;
      case "command":
        return control.execute(command);
      default:
        return { error: "no such subject" };
    }
  };

  cluster.on("message", (worker, message) => {
    if (message?.type === "demo:question") {
      const { id, question } = message;
      worker.send(
        { type: "demo:answer", id, answer: answerTo(question) },
        ignoreError,
      );
    }
  });
}

// who has asked is gone
function ignoreError() {}

module.exports = { answerQuestions };
