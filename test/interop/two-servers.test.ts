import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import type { Socket } from "socket.io-client";
import { connectClient, onceEvent, received } from "../support/client";
import { type TestCluster, startCluster } from "../support/cluster";
import { eventually } from "../support/wait";
import type { Kind, TestWorker } from "../support/worker";

for (const kind of ["ours", "published"] as Kind[]) {
  describe(`two servers in one worker, ${kind}`, () => {
    let cluster: TestCluster;
    let double: TestWorker;
    let single: TestWorker;
    /** Of the two servers of the one worker, and of the other worker. */
    let a: Socket;
    let b: Socket;
    let other: Socket;

    before(async () => {
      cluster = await startCluster({
        primary: kind,
        workers: [kind, kind],
        serialization: "advanced",
      });
      [double, single] = cluster.workers as [TestWorker, TestWorker];
      const port = await double.run(
        async ({ createAdapter, http, Server, state }) => {
          const httpServer = http.createServer();
          const io = new Server(httpServer, { adapter: createAdapter() });
          state.io = io;
          await new Promise<void>((resolve) => {
            httpServer.listen(
              { host: "127.0.0.1", port: 0, exclusive: true },
              resolve,
            );
          });
          return (httpServer.address() as AddressInfo).port;
        },
      );
      await countsServers(single, 3);
      a = await double.connect();
      b = await connectClient(`http://127.0.0.1:${port}`);
      other = await single.connect();
    });
    after(async () => {
      b?.disconnect();
      await cluster?.stop();
    });

    it("clients of both receive once what another worker broadcasts", async () => {
      await single.run(({ io }) => {
        io.emit("news", 1);
        io.emit("news", 2);
        io.emit("fence");
      });
      for (const client of [a, b, other]) {
        await onceEvent(client, "fence");
        assert.deepEqual(received(client, "news"), [[1], [2]]);
      }
    });

    it("each reaches its own clients and other workers, not the clients beside it", async () => {
      await double.run(({ io, state }) => {
        io.emit("of a");
        (state.io as typeof io).emit("of b");
      });
      await onceEvent(other, "of a");
      await onceEvent(other, "of b");
      await single.run(({ io }) => void io.emit("fence"));
      await onceEvent(a, "fence");
      await onceEvent(b, "fence");
      assert.deepEqual(
        [a, b].map((client) => [
          received(client, "of a").length,
          received(client, "of b").length,
        ]),
        [
          [1, 0],
          [0, 1],
        ],
      );
    });

    it("rooms, requests and acknowledgements of another worker span both", async () => {
      const all = [a, b, other];
      all.forEach((client) => {
        client.on("who", (answer: (id?: string) => void) => answer(client.id));
      });
      const result = await single.run(async ({ io }) => {
        io.socketsJoin("all");
        // 0.3.0 moves the sender's own sockets a little later
        await new Promise((resolve) => setImmediate(resolve));
        const sockets = await io.in("all").fetchSockets();
        const answers = (await io
          .to("all")
          .timeout(10_000)
          .emitWithAck("who")) as string[];
        return { fetched: sockets.map(({ id }) => id), answers };
      });
      const ids = all.map(({ id }) => id as string).sort();
      assert.deepEqual(result.fetched.sort(), ids);
      assert.deepEqual(result.answers.sort(), ids);
    });

    it("each gets the answers to its own requests", async () => {
      other.on("ask", (who: string, answer: (text: string) => void) =>
        answer(`to ${who}`),
      );
      a.on("ask", (_, answer: (text: string) => void) => answer("from a"));
      b.on("ask", (_, answer: (text: string) => void) => answer("from b"));
      await single.run(({ io }) => {
        io.on("greet", (who: string, answer: (text: string) => void) =>
          answer(`hello ${who}`),
        );
      });
      const results = await double.run(({ io, state }) => {
        const servers = [io, state.io as typeof io];
        return Promise.all(
          servers.map(async (server, i) => {
            const who = i === 0 ? "a" : "b";
            const [sockets, greetings, answers] = await Promise.all([
              server.fetchSockets(),
              server.serverSideEmitWithAck("greet", who),
              server.timeout(10_000).emitWithAck("ask", who),
            ]);
            return {
              ids: sockets.map(({ id }) => id).sort(),
              greetings: greetings as string[],
              answers: (answers as string[]).sort(),
            };
          }),
        );
      });
      assert.deepEqual(results, [
        {
          ids: [a.id, other.id].sort(),
          greetings: ["hello a"],
          answers: ["from a", "to a"],
        },
        {
          ids: [b.id, other.id].sort(),
          greetings: ["hello b"],
          answers: ["from b", "to b"],
        },
      ]);
    });

    // the last one: there is only one server afterwards
    it("one goes on when the other closes", async () => {
      await double.run(({ state }) =>
        (state.io as { close(): Promise<void> }).close(),
      );
      await countsServers(single, 2);
      await single.run(({ io }) => void io.emit("from the single one"));
      await double.run(({ io }) => void io.emit("from the one that is left"));
      for (const client of [a, other]) {
        await onceEvent(client, "from the single one");
        await onceEvent(client, "from the one that is left");
      }
      const ids = await single.run(async ({ io }) =>
        (await io.fetchSockets()).map(({ id }) => id),
      );
      assert.deepEqual(ids.sort(), [a.id, other.id].sort());
    });
  });
}

async function countsServers(
  worker: TestWorker,
  expected: number,
): Promise<void> {
  await eventually(async () =>
    assert.equal(
      await worker.run(({ io }) => io.of("/").adapter.serverCount()),
      expected,
    ),
  );
}
