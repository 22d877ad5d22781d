"use strict";
const { groups } = require("../lib/contenders");
const { createServer } = require("node:http");
const { setupMaster, setupWorker } = require("@socket.io/sticky");
const { measureLatency } = require("../lib/latency");
const { pingWorker } = require("../lib/ping");

const CONNECTIONS_PER_SECOND = 100;

const { ADVANCED } = groups;

module.exports = {
  name: "storm",
  title: "Round trip during a connection storm",
  description:
    `As in the idle cluster, while ${CONNECTIONS_PER_SECOND} clients a second connect through @socket.io/sticky over ` +
    "WebSocket, and leave again. Every connection is a handle that the primary passes to a worker, over the channel " +
    "that carries the broadcasts, too. Until the worker has confirmed it, Node.js goes on reading from the connection " +
    "in the primary, and drops what it reads: clients that lost their first message that way are counted as unanswered.",
  metrics: ["p50", "p99", "connections", "unanswered"],
  needsHttp: true,
  cases: ({ quick }) => [
    {
      id: "4-workers",
      title: `4 workers, ${CONNECTIONS_PER_SECOND} connections a second`,
      workers: 4,
      // sticky needs "advanced"
      contenders: quick ? ADVANCED : [...ADVANCED, "redis"],
      options: {},
    },
  ],
  primary() {
    const server = createServer();
    setupMaster(server, { loadBalancingMethod: "round-robin" });
    return {
      listen: () =>
        new Promise((resolve) =>
          server.listen(0, "127.0.0.1", () => resolve(server.address())),
        ),
    };
  },
  worker(context) {
    setupWorker(context.io);
    return pingWorker(context);
  },
  async run(cluster, options, { samples }) {
    const { port } = await cluster.primary.call("listen");
    const clients = await cluster.clients();
    await clients.call("storm", { port, rate: CONNECTIONS_PER_SECOND });
    const latency = await measureLatency(cluster, "ping", {
      gap: 5,
      warmUp: samples(50),
      count: samples(300),
    });
    const storm = await clients.call("endStorm");
    if (storm.connections === 0) {
      throw new Error("no client could connect");
    }
    return { ...latency, ...storm };
  },
};
