"use strict";

const { setMaxListeners } = require("node:events");
const { io } = require("socket.io-client");

const TEXT = "Start-up check: can every worker hear me?";
const DEADLINE_MS = 5000;

/**
 * Connects one client to each worker through the public port, as a tab does, lets the first one send a message and waits
 * until all others have received it.
 */
async function proveBroadcast(url, workerCount) {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  // each client waits twice
  setMaxListeners(0, signal);
  const clients = [];
  const clientOf = new Map();
  try {
    // tabs of an earlier run may be reconnecting at the same time, then a worker can get two clients before another has one
    while (clientOf.size < workerCount) {
      const client = io(url, { transports: ["websocket"], forceNew: true });
      clients.push(client);
      const { worker } = await receive(client, "welcome", () => true, signal);
      clientOf.set(worker.id, { client, worker });
    }

    const [sender, ...receivers] = [...clientOf.values()].sort(
      (a, b) => a.worker.id - b.worker.id,
    );
    const isFromSender = ({ text, from }) =>
      text === TEXT && from.pid === sender.worker.pid;
    const receipts = receivers.map(({ client }) =>
      receive(client, "message", isFromSender, signal),
    );
    const startedAt = performance.now();
    await Promise.all([
      sender.client.timeout(DEADLINE_MS).emitWithAck("message", TEXT),
      ...receipts,
    ]);

    return {
      from: sender.worker,
      to: receivers.map(({ worker }) => worker),
      milliseconds: performance.now() - startedAt,
    };
  } finally {
    for (const client of clients) {
      client.disconnect();
    }
  }
}

function receive(client, event, isExpected, signal) {
  return new Promise((resolve, reject) => {
    client.on(event, (value) => {
      if (isExpected(value)) {
        resolve(value);
      }
    });
    client.once("connect_error", reject);
    signal.addEventListener("abort", () => {
      reject(
        new Error(
          `a client did not receive "${event}" within ${DEADLINE_MS} ms`,
        ),
      );
    });
  });
}

module.exports = { proveBroadcast };
