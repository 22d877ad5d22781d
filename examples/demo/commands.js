"use strict";

// what the page may ask for, and the keys of each
const KEYS = {
  freeze: ["verb", "worker"],
  kill: ["verb", "worker"],
  roll: ["verb"],
};

/**
 * Why a command is refused, whatever it is, or `undefined`. It comes from outside: the worker looks at it before it passes
 * it on, and the primary does again before it acts.
 */
function refusalOf(command) {
  if (
    typeof command !== "object" ||
    command === null ||
    Array.isArray(command)
  ) {
    return `A command must be an object, got ${show(command)}.`;
  }
  const { verb, worker } = command;
  if (typeof verb !== "string" || !Object.hasOwn(KEYS, verb)) {
    return `"verb" must be "freeze", "kill" or "roll", got ${show(verb)}.`;
  }
  const unknown = Object.keys(command).find((key) => !KEYS[verb].includes(key));
  if (unknown !== undefined) {
    return `"${verb}" has no ${show(unknown)}.`;
  }
  if (
    KEYS[verb].includes("worker") &&
    !(Number.isSafeInteger(worker) && worker > 0)
  ) {
    return `"worker" must be the number of a worker, got ${show(worker)}.`;
  }
  return undefined;
}

function show(value) {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

module.exports = { refusalOf };
