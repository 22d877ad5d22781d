const { spawn } = require("node:child_process");

/** The children that are running: what an interrupted run has to end. */
const running = new Set();

/** What a test runner, a coverage tool or a cluster sets for its own children. */
const INHERITED = [
  "DEBUG",
  "NODE_CHANNEL_FD",
  "NODE_ENV",
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_UNIQUE_ID",
  "NODE_V8_COVERAGE",
];

function cleanEnvironment() {
  const environment = { ...process.env };
  for (const name of INHERITED) {
    delete environment[name];
  }
  return environment;
}

/** Ends a child and all that it started: each command leads a process group of its own. */
function kill(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL");
  }
}

/**
 * Runs a command to its end, or kills it after `timeout` milliseconds. Never rejects because the command
 * failed: what a failure means is for the caller to say.
 */
function run(command, args, { cwd, env = {}, timeout = 60_000 }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...cleanEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: process.platform !== "win32",
    });
    running.add(child);
    let stdout = "";
    let output = "";
    let timedOut = false;
    let pipes;
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (output += text));
    const timer = setTimeout(() => {
      timedOut = true;
      kill(child);
    }, timeout);
    const settle = (then, value) => {
      clearTimeout(timer);
      clearTimeout(pipes);
      running.delete(child);
      then(value);
    };
    child.once("error", (error) => settle(reject, error));
    child.once("exit", () => {
      kill(child);
      // a daemon that left the group may hold the pipes open for as long as it lives
      pipes = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 2_000);
    });
    child.once("close", (code, signal) => {
      if (timedOut) {
        output += `\nkilled after ${timeout} ms\n`;
      }
      settle(resolve, {
        ok: code === 0 && !timedOut,
        status: signal ?? code,
        stdout,
        output,
      });
    });
  });
}

function killRunning() {
  for (const child of running) {
    kill(child);
  }
}

module.exports = { run, killRunning };
