"use strict";
/**
 * A Redis of our own on a free loopback port, which keeps nothing and ends with the benchmark.
 */
const { spawn, spawnSync } = require("node:child_process");
const { mkdtempSync, rmSync } = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");

/** The version of the `redis-server` on the PATH, `undefined` where there is none. */
function redisVersion() {
  const { stdout, status } = spawnSync("redis-server", ["--version"]);
  return status === 0 ? /v=(\S+)/.exec(String(stdout))?.[1] : undefined;
}

async function startRedis() {
  const dir = mkdtempSync(path.join(os.tmpdir(), "bench-redis-"));
  const port = await freePort();
  const settings = {
    port,
    bind: "127.0.0.1",
    dir,
    save: "",
    appendonly: "no",
    daemonize: "no",
    loglevel: "warning",
    // a subscriber that lags behind is what some workloads are about, not what should end them
    "client-output-buffer-limit": "pubsub 0 0 0",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [
    `--${name}`,
    ...(name.endsWith("limit") ? value.split(" ") : [String(value)]),
  ]);
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const end = () => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.on("exit", end);
  await untilReachable(port, child);

  const { createClient } = require("redis");
  const client = createClient({ socket: { host: "127.0.0.1", port } });
  client.on("error", () => {});
  await client.connect();
  return {
    port,
    /** The same figures as those of a process of the cluster. */
    async usage() {
      const info = await client.info();
      const field = (name) =>
        Number(new RegExp(`^${name}:(.*)`, "m").exec(info)[1]);
      return {
        cpu: (field("used_cpu_sys") + field("used_cpu_user")) * 1e6,
        peak: field("used_memory_peak"),
        rss: field("used_memory_rss"),
      };
    },
    async memoryInUse() {
      const info = await client.info("memory");
      return Number(/^used_memory:(.*)/m.exec(info)[1]);
    },
    async stop() {
      client.destroy();
      const exited = new Promise((resolve) => child.once("exit", resolve));
      end();
      await exited;
      process.off("exit", end);
    },
  };
}

async function freePort() {
  const server = net.createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilReachable(port, child) {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const reachable = await new Promise((resolve) => {
      const socket = net.connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (reachable) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("redis-server did not start");
}

module.exports = { redisVersion, startRedis };
