import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import type { TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { startRecovering } from "./recovery-cluster";
import { freeze, returnTo, ticketOf } from "./returning";

// the log keeps packets for 1 s, the time that it may take to notice a lost connection, and 5 s for late timers
const serverOptions = {
  connectionStateRecovery: { maxDisconnectionDuration: 1_000 },
  pingInterval: 100,
  pingTimeout: 100,
};

/** The packets that the log has, and the sessions without a connection. */
function countsOf(
  cluster: TestCluster,
): Promise<{ packets: number; detached: number }> {
  return cluster.primary.run(({ handle }) => {
    const { log, sessions } = handle.stats().recovery;
    return { packets: log.packets, detached: sessions.detached };
  });
}

describe("connections that are silent", () => {
  it("for longer than the log keeps packets are recovered, with all that they missed and nothing else", async () => {
    const cluster = await startRecovering(3, { serverOptions });
    try {
      const [first, second, third] = cluster.workers as [
        TestWorker,
        TestWorker,
        TestWorker,
      ];
      const silent = await arrive(first, { rooms: ["silent"] });
      const returned = await arrive(first, { rooms: ["silent"] });
      await second.run(({ io }) => {
        io.to("silent").emit("seen");
        for (let i = 0; i < 100; i++) {
          io.to("others").emit("other", i);
        }
      });
      await fence(silent, [second]);
      // one of them has got something late
      await lose(returned);
      await second.run(({ io }) => void io.to("silent").emit("late"));
      await returnTo(returned, third);
      await fence(returned, [second]);
      await waitFor(async () => (await countsOf(cluster)).packets === 0, {
        deadline: 15_000,
        message: "all packets are too old",
      });
      for (const client of [silent, returned]) {
        await lose(client);
        await second.run(({ io }) => void io.to("silent").emit("missed"));
        await returnTo(client, third);
        assert.equal(client.recovered, true);
        await fence(client, [second]);
      }
      const names = (client: Socket) => eventsOf(client).map(([name]) => name);
      assert.deepEqual(names(silent), ["seen", "late", "missed", "missed"]);
      assert.deepEqual(names(returned), ["seen", "late", "missed", "missed"]);
    } finally {
      await cluster.stop();
    }
  });

  it("because they are dead are noticed late, and what was written into them is not forgotten by then", async () => {
    const cluster = await startRecovering(2, {
      serverOptions: {
        connectionStateRecovery: { maxDisconnectionDuration: 500 },
        pingInterval: 2_000,
        pingTimeout: 2_000,
      },
    });
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const dead = await arrive(first);
      const end = freeze(dead);
      const ticket = ticketOf(dead);
      await second.run(({ io }) => void io.emit("missed"));
      await waitFor(async () => (await countsOf(cluster)).detached === 1, {
        message: "the server notices that the connection is dead",
      });
      const returned = await second.connect("/", { ticket });
      assert.equal(returned.recovered, true);
      await fence(returned, [second]);
      assert.deepEqual(eventsOf(returned), [["missed"]]);
      end();
    } finally {
      await cluster.stop();
    }
  });
});
