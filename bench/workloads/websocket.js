"use strict";
const { groups } = require("../lib/contenders");
const { once } = require("node:events");
const { setTimeout: delay } = require("node:timers/promises");
const { now } = require("../lib/usage");

const CLIENTS = 40;
const PER_SECOND = 100;
const TIMEOUT = 30_000;

const { ADVANCED, CLUSTER } = groups;

module.exports = {
  name: "websocket",
  title: "Real WebSocket clients, end to end",
  description:
    `${CLIENTS} clients (socket.io-client, WebSocket only) on four workers. One worker broadcasts 100 B ` +
    `${PER_SECOND} times a second; the latency is that from emit() to each client's listener. Then it broadcasts in ` +
    "bursts of 10, as fast as all of the clients receive: the clients themselves are most of that work.",
  metrics: ["p50", "p99", "rate", "relayCpu", "workersCpu"],
  needsHttp: true,
  cases: ({ quick }) => [
    {
      id: "4-workers",
      title: `4 workers, ${CLIENTS} clients`,
      workers: 4,
      contenders: quick ? ADVANCED : [...CLUSTER, "redis"],
      options: {},
    },
  ],
  worker({ io }) {
    const payload = "x".repeat(100);
    let received = 0;
    let resume;
    return {
      async listen() {
        // a port of its own: the primary is not asked to share this one
        io.httpServer.listen({ port: 0, host: "127.0.0.1", exclusive: true });
        await once(io.httpServer, "listening");
        return io.httpServer.address();
      },
      async pacedSend({ count }) {
        for (let i = 0; i < count; i++) {
          await delay(1000 / PER_SECOND);
          io.emit("timed", now(), payload);
        }
      },
      report: (report) => {
        received = report.received;
        resume?.();
      },
      async floodSend({ ms, window, burst }) {
        received = 0;
        let sent = 0;
        const startedAt = now();
        while (now() - startedAt < ms) {
          for (let i = 0; i < burst; i++) {
            io.emit("counted", ++sent, payload);
          }
          await new Promise(setImmediate);
          while (sent - received >= window) {
            await new Promise((resolve) => (resume = resolve));
          }
        }
        return { sent, startedAt };
      },
    };
  },
  async run(cluster, options, { pace, samples }) {
    const addresses = await cluster.all("listen");
    const clients = await cluster.clients();
    clients.expose({
      progress: ({ received }) =>
        cluster.workers[0].notify("report", { received }),
    });
    const ports = addresses.map(({ port }) => port);
    await clients.call("connect", { ports, count: CLIENTS });
    await flood(cluster, clients, pace.warmUp);
    const latency = await timed(cluster, clients, samples(200));
    return { ...latency, ...(await flood(cluster, clients, pace.measure)) };
  },
};

async function timed(cluster, clients, count) {
  const done = clients.call("awaitTimed", { count });
  await cluster.workers[0].call("pacedSend", { count });
  return cluster.within(TIMEOUT, "all clients receive everything", () => done);
}

async function flood(cluster, clients, ms) {
  const window = 400;
  await clients.call("expectFlood", { step: window / 8 });
  const before = await cluster.usage();
  const { sent, startedAt } = await cluster.within(
    TIMEOUT,
    "the flood is sent",
    () => cluster.workers[0].call("floodSend", { ms, window, burst: 10 }),
  );
  const { at } = await cluster.within(
    TIMEOUT,
    "all clients receive everything",
    () => clients.call("awaitFlood", { sent }),
  );
  const after = await cluster.usage();
  const workersCpu = after.workers.reduce(
    (sum, { cpu }, index) => sum + cpu - before.workers[index].cpu,
    0,
  );
  return {
    rate: (sent / (at - startedAt)) * 1e3,
    relayCpu: (after.relay.cpu - before.relay.cpu) / sent,
    workersCpu: workersCpu / sent,
  };
}
