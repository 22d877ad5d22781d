import assert from "node:assert/strict";
import { collect, connectClient, onceEvent, received } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { eventually, within } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { serializations, startSubject } from "./subject";

for (const serialization of serializations) {
  describe(`the end of a channel, ${serialization}`, () => {
    let cluster: TestCluster;
    let first: TestWorker;
    let second: TestWorker;

    beforeEach(async () => {
      cluster = await startSubject(2, { serialization });
      [first, second] = cluster.workers as [TestWorker, TestWorker];
    });
    afterEach(() => cluster.stop());

    it("a hundred events that are emitted directly before process.exit() arrive", async () => {
      const client = await second.connect();
      const dying = first.run(({ io }) => {
        for (let i = 0; i < 100; i++) {
          io.emit("last words", i);
        }
        process.exit(0);
      });
      await assert.rejects(dying);
      assert.equal((await collect(client, "last words", 100)).length, 100);
    });

    it("a hundred events that are emitted directly before process.disconnect() arrive", async () => {
      const client = await second.connect();
      const dying = first.run(({ io }) => {
        for (let i = 0; i < 100; i++) {
          io.emit("last words", i);
        }
        process.disconnect();
      });
      await assert.rejects(dying);
      assert.equal((await collect(client, "last words", 100)).length, 100);
    });

    it("a worker whose channel has closed serves its own clients, and nobody waits", async () => {
      const client = await first.connect();
      const remote = await second.connect();
      client.on("ask", (cb: (answer: string) => void) => cb("own"));
      await first.run(({ io, cluster: { worker } }) => {
        io.httpServer.close();
        process.on("disconnect", async () => {
          io.emit("own", 1);
          io.of("/late").emit("nobody");
          io.serverSideEmit("nobody");
          io.socketsJoin("room");
          const answers = (await io
            .timeout(60_000)
            .emitWithAck("ask")) as unknown[];
          const asked = (await io.serverSideEmitWithAck("ask")) as unknown[];
          const sockets = await io.fetchSockets();
          const count = await io.of("/").adapter.serverCount();
          io.to("room").emit("result", {
            answers,
            asked,
            sockets: sockets.length,
            count,
          });
        });
        setImmediate(() => worker?.disconnect());
      });
      assert.deepEqual(await onceEvent(client, "own"), [1]);
      assert.deepEqual(await onceEvent(client, "result"), [
        { answers: ["own"], asked: [], sockets: 1, count: 1 },
      ]);
      await second.run(({ io }) => void io.emit("fence"));
      await onceEvent(remote, "fence");
      assert.deepEqual(received(remote, "own"), []);
    });

    it("a request that waits when the channel closes settles with what has arrived", async () => {
      const client = await first.connect();
      await second.kill("SIGSTOP");
      await first.run(({ io, cluster: { worker } }) => {
        io.httpServer.close();
        void io.fetchSockets().then((sockets) => {
          io.emit("settled", sockets.length);
        });
        setImmediate(() => worker?.disconnect());
      });
      assert.deepEqual(await onceEvent(client, "settled"), [1]);
    });
  });
}

describe("a primary that was killed", () => {
  it("ends its workers without an error of theirs", async () => {
    const cluster = await startSubject(2);
    try {
      const [first] = cluster.workers as [TestWorker, TestWorker];
      await first.run(({ io }) => {
        setInterval(() => {
          for (let i = 0; i < 100; i++) {
            io.emit("flood", "x".repeat(1_000));
          }
        }, 1);
      });
      cluster.primary.kill("SIGKILL");
      await within(Promise.all(cluster.workers.map(({ exited }) => exited)));
      assert.equal(first.exit?.stderr, "");
    } finally {
      await cluster.stop();
    }
  });
});

describe("a worker that is killed while the others send to it", () => {
  it("disturbs neither the primary nor the others", async () => {
    const cluster = await startSubject(3);
    try {
      const [first, second, third] = cluster.workers as [
        TestWorker,
        TestWorker,
        TestWorker,
      ];
      const client = await second.connect();
      await first.run(({ io, state }) => {
        let i = 0;
        state.flood = setInterval(() => {
          for (let n = 0; n < 50; n++) {
            io.emit("flood", i++, "x".repeat(1_000));
          }
        }, 1);
      });
      await onceEvent(client, "flood");
      await third.kill("SIGKILL");
      await third.exited;
      await first.run(({ io, state }) => {
        clearInterval(state.flood as NodeJS.Timeout);
        io.emit("fence");
      });
      await onceEvent(client, "fence");
      const numbers = received(client, "flood").map(([i]) => i);
      assert.deepEqual(
        numbers,
        numbers.map((_, i) => i),
      );
      assert.deepEqual(cluster.primary.warnings, []);
    } finally {
      await cluster.stop();
    }
  });
});

describe("two servers in one worker", () => {
  it("both hear the other workers, and each answers for itself", async () => {
    const cluster = await startSubject(2);
    try {
      const [first, second] = cluster.workers as [TestWorker, TestWorker];
      const port = await first.run(
        async ({ Server, createAdapter, http, state }) => {
          const server = http.createServer();
          const io = new Server(server);
          io.adapter(createAdapter());
          state.second = io;
          await new Promise<void>((resolve) =>
            server.listen(
              { host: "127.0.0.1", port: 0, exclusive: true },
              resolve,
            ),
          );
          return (server.address() as { port: number }).port;
        },
      );
      await eventually(async () => {
        const count = await second.run(({ io }) =>
          io.of("/").adapter.serverCount(),
        );
        assert.equal(count, 3);
      });
      const here = await first.connect();
      const there = await connectClient(`http://127.0.0.1:${port}`);
      await second.run(({ io }) => void io.emit("both"));
      await Promise.all([onceEvent(here, "both"), onceEvent(there, "both")]);
      const ids = await second.run(async ({ io }) => [
        ...(await io.allSockets()),
      ]);
      assert.deepEqual(ids.sort(), [here.id, there.id].sort());
      there.disconnect();
      await first.run(({ state }) =>
        (state.second as { close(): Promise<void> }).close(),
      );
      await second.run(({ io }) => void io.emit("after"));
      await onceEvent(here, "after");
    } finally {
      await cluster.stop();
    }
  });
});
