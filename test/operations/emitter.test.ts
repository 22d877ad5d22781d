import assert from "node:assert/strict";
import type { Socket } from "socket.io-client";
import { onceEvent, received, receivedNames } from "../support/client";
import { startCluster, type TestCluster } from "../support/cluster";
import { waitFor } from "../support/wait";
import type { Kind } from "../support/worker";

interface Column {
  title: string;
  workers: Kind[];
  serialization: "json" | "advanced";
  serverOptions?: object;
}

const columns: Column[] = (["advanced", "json"] as const).flatMap(
  (serialization) => [
    {
      title: `ours, ${serialization}`,
      workers: ["ours", "ours"],
      serialization,
    },
    {
      title: `ours and 0.3.0, ${serialization}`,
      workers: ["ours", "published"],
      serialization,
    },
    {
      title: `ours with recovery, ${serialization}`,
      workers: ["ours", "ours"],
      serialization,
      serverOptions: { connectionStateRecovery: {} },
    },
  ],
);

for (const { title, workers, serialization, serverOptions } of columns) {
  describe(`an emitter in the primary, workers ${title}`, () => {
    const isRecovering = serverOptions !== undefined;
    const carriesBinary =
      serialization === "advanced" || !workers.includes("published");
    let cluster: TestCluster;
    let clients: [Socket, Socket];

    before(async () => {
      cluster = await startCluster({
        primary: "ours",
        workers,
        serialization,
        serverOptions,
      });
      await Promise.all(
        cluster.workers.map((worker) =>
          worker.run(({ io }) => {
            io.of("/news");
            io.on("connection", (socket) => {
              const { team } = socket.handshake.query;
              void socket.join(team ?? []);
              socket.data = { team };
            });
          }),
        ),
      );
      await cluster.formed("/news");
    });
    after(() => cluster.stop());

    beforeEach(async () => {
      const connect = (index: number, team: string) =>
        cluster.workers[index]!.connect("/", { query: { team } });
      clients = await Promise.all([connect(0, "red"), connect(1, "blue")]);
    });
    afterEach(() => cluster.workers.forEach((worker) => worker.closeClients()));

    /** What arrived at each of the clients under that name, once all that was sent before has. */
    async function arrived(event: string): Promise<unknown[][][]> {
      await cluster.primary.run(({ Emitter }) => {
        new Emitter().emit("fence");
      });
      await Promise.all(clients.map((client) => onceEvent(client, "fence")));
      return clients.map((client) =>
        received(client, event).map((args) =>
          isRecovering ? args.slice(0, -1) : args,
        ),
      );
    }

    it("emits to everyone, to rooms, and to all but some", async () => {
      await cluster.primary.run(({ Emitter }) => {
        const emitter = new Emitter();
        emitter.emit("e", "all", { a: [1, null] });
        emitter.to("red").emit("e", "red");
        emitter.in(["red", "blue"]).emit("e", "both");
        emitter.except("red").emit("e", "not red");
        emitter.to("blue").except(["blue"]).emit("e", "nobody");
        emitter.to("red").to("blue").compress(false).emit("e", "chained");
        emitter.of("/news").emit("e", "news");
        new Emitter("news").emit("e", "news");
      });
      const [red, blue] = await arrived("e");
      const all = ["all", { a: [1, null] }];
      assert.deepEqual(red, [all, ["red"], ["both"], ["chained"]]);
      assert.deepEqual(blue, [all, ["both"], ["not red"], ["chained"]]);
    });

    it("emits what a server would: objects as JSON makes them, and binary data", async () => {
      await cluster.primary.run(({ Emitter }) => {
        const made = { toJSON: () => "made" };
        new Emitter().emit("e", made, new Date(0), undefined, () => {}, 1);
        new Emitter().emit("e");
      });
      const date = new Date(0).toJSON();
      for (const events of await arrived("e")) {
        assert.deepEqual(events, [["made", date, null, null, 1], []]);
      }
      if (carriesBinary) {
        await cluster.primary.run(({ Emitter }) => {
          new Emitter().emit("b", { deep: [Buffer.from("bytes")] });
        });
        for (const events of await arrived("b")) {
          assert.deepEqual(events, [[{ deep: [Buffer.from("bytes")] }]]);
        }
      }
    });

    it("refuses what cannot be sent, and nobody receives anything", async () => {
      const codes = await cluster.primary.run(async ({ Emitter }) => {
        const emitter = new Emitter();
        let deep: unknown[] = [];
        for (let i = 0; i < 1_500; i++) {
          deep = [deep];
        }
        const attempts = [
          () => emitter.emit("e", 1n),
          () => emitter.emit("disconnect"),
          () => emitter.emit(undefined as never),
          () => emitter.timeout(-1),
          () => emitter.serverSideEmit("e", 1n, deep),
          () => emitter.emit("e", deep),
          () => emitter.timeout(100).emitWithAck("e", 1n),
        ];
        const found: unknown[] = [];
        for (const attempt of attempts) {
          try {
            await attempt();
            found.push("none");
          } catch (error) {
            found.push((error as { code: string }).code);
          }
        }
        return found;
      });
      assert.deepEqual(codes, [
        "ERR_NOT_SENDABLE",
        "ERR_INVALID_OPTION",
        "ERR_INVALID_OPTION",
        "ERR_INVALID_OPTION",
        "ERR_NOT_SENDABLE",
        "ERR_NOT_SENDABLE",
        "ERR_NOT_SENDABLE",
      ]);
      assert.deepEqual(await arrived("e"), [[], []]);
    });

    it("makes sockets join, leave and disconnect, in the order of its calls", async () => {
      await cluster.primary.run(({ Emitter }) => {
        const emitter = new Emitter();
        emitter.to("red").socketsJoin(["late", "later"]);
        emitter.to("late").emit("e", "late");
        emitter.socketsLeave("late");
        emitter.to("late").emit("e", "nobody");
        emitter.to("later").emit("e", "later");
      });
      assert.deepEqual(await arrived("e"), [[["late"], ["later"]], []]);
      await cluster.primary.run(({ Emitter }) => {
        const emitter = new Emitter();
        emitter.to("red").emit("bye");
        emitter.to("red").disconnectSockets();
      });
      const [red] = clients;
      await onceEvent(red, "disconnect");
      assert.deepEqual(receivedNames(red).slice(-2), ["bye", "disconnect"]);
      assert.equal(clients[1].connected, true);
    });

    it("gets the acknowledgements of clients", async () => {
      clients.forEach((client, i) =>
        client.on("ask", (n: number, ack: (answer: number) => void) =>
          ack(n + i),
        ),
      );
      const answers = await cluster.primary.run(async ({ Emitter }) => {
        const emitter = new Emitter();
        const called = new Promise((resolve) =>
          emitter
            .timeout(5_000)
            .emit("ask", 10, (...args: unknown[]) => resolve(args)),
        );
        return [
          await emitter.timeout(5_000).emitWithAck("ask", 1),
          await emitter.to("red").emitWithAck("ask", 1),
          await emitter.to("nobody").emitWithAck("ask", 1),
          await called,
        ] as [number[], number[], number[], [null, number[]]];
      });
      const [all, red, nobody, [error, called]] = answers;
      assert.deepEqual(all.sort(), [1, 2]);
      assert.deepEqual(red, [1]);
      assert.deepEqual(nobody, []);
      assert.equal(error, null);
      assert.deepEqual(called.sort(), [10, 11]);
    });

    it("tells what has arrived when not everyone answers in time", async () => {
      clients[0].on("ask", (ack: (answer: string) => void) => ack("here"));
      const failed = await cluster.primary.run(async ({ Emitter }) => {
        const emitter = new Emitter();
        try {
          return { result: await emitter.timeout(300).emitWithAck("ask") };
        } catch (error) {
          const { name, code, message, responses, missing } = error as Record<
            string,
            unknown
          >;
          const count = (missing as unknown[]).length;
          return { name, code, message, responses, count };
        }
      });
      assert.deepEqual(failed, {
        name: "ClusterAdapterError",
        code: "ERR_TIMEOUT",
        message: "timeout reached: missing 1 responses",
        responses: ["here"],
        count: 1,
      });
    });

    it("brings the sockets of all workers, counts them, and tells their rooms", async () => {
      const found = await cluster.primary.run(async ({ Emitter }) => {
        const emitter = new Emitter();
        const sockets = await emitter.fetchSockets();
        const [red] = await emitter.in("red").fetchSockets();
        red?.emit("e", "for red");
        red?.join("x");
        const { handshake, data } = red as {
          handshake: { query: { team: string } };
          data: unknown;
        };
        return {
          ids: sockets.map(({ id }) => id),
          team: handshake.query.team,
          data,
          count: await emitter.countSockets(),
          countRed: await emitter.in("red").countSockets(),
          countOthers: await emitter.except("red").countSockets(),
          rooms: [...(await emitter.allRooms())],
          roomsOfBlue: [...(await emitter.in("blue").allRooms())],
          countNews: await emitter.of("/news").countSockets(),
        };
      });
      const ids = clients.map(({ id }) => id as string);
      assert.deepEqual(found.ids.sort(), [...ids].sort());
      assert.deepEqual([found.team, found.data], ["red", { team: "red" }]);
      assert.deepEqual(
        [found.count, found.countRed, found.countOthers, found.countNews],
        [2, 1, 1, 0],
      );
      assert.deepEqual(found.rooms.sort(), ["blue", "red", "x", ...ids].sort());
      assert.deepEqual(found.roomsOfBlue.sort(), ["blue", ids[1]].sort());
      assert.deepEqual(await arrived("e"), [[["for red"]], []]);
    });

    if (isRecovering) {
      it("emits what a client that was away gets when it returns", async () => {
        const [red] = clients;
        await cluster.primary.run(({ Emitter }) => {
          new Emitter().emit("seen");
        });
        await onceEvent(red, "seen");
        red.io.engine.close();
        await onceEvent(red, "disconnect");
        await cluster.primary.run(({ Emitter }) => {
          const emitter = new Emitter();
          emitter.emit("e", Buffer.of(1));
          emitter.volatile.emit("e", "lost");
          emitter.to("red").emit("e", 2);
          emitter.to("blue").emit("e", "not for red");
        });
        red.connect();
        await new Promise<void>((resolve) => red.once("connect", resolve));
        assert.equal(red.recovered, true);
        const [missed] = await arrived("e");
        assert.deepEqual(missed, [[Buffer.of(1)], [2]]);
      });
    }

    it("tells the servers what a worker would tell them", async () => {
      const [first, second] = cluster.workers;
      await second?.run(({ io, state, require }) => {
        const { inspect } = require("node:util") as typeof import("node:util");
        const told: string[] = [];
        state["compared"] = told;
        io.on(
          "compared" as "connection",
          ((...args: unknown[]) => told.push(inspect(args))) as never,
        );
      });
      await first?.run(({ io }) => {
        io.serverSideEmit("compared", new Date(0), NaN, new Set([1]), [
          undefined,
          { gone: undefined, at: new Date(1) },
        ]);
      });
      await cluster.primary.run(({ Emitter }) => {
        new Emitter().serverSideEmit(
          "compared",
          new Date(0),
          NaN,
          new Set([1]),
          [undefined, { gone: undefined, at: new Date(1) }],
        );
      });
      await waitFor(async () => {
        const told = await second?.run(({ state }) => state["compared"]);
        return (told as string[]).length === 2;
      });
      const told = await second?.run(({ state }) => state["compared"]);
      const [one, other] = told as string[];
      assert.equal(one, other);
    });

    it("speaks with the servers of all workers", async () => {
      for (const worker of cluster.workers) {
        await worker.run(({ io, state }, index) => {
          io.on(
            "told" as "connection",
            ((value: unknown) => {
              state["told"] = value;
            }) as never,
          );
          io.on(
            "asked" as "connection",
            ((value: number, ack: (answer: number) => void) =>
              ack(value + index)) as never,
          );
        }, worker.index);
      }
      const answers = await cluster.primary.run(async ({ Emitter }) => {
        const emitter = new Emitter();
        emitter.serverSideEmit("told", { n: 1 });
        const called = new Promise((resolve) =>
          emitter.serverSideEmit("asked", 20, (...args: unknown[]) =>
            resolve(args),
          ),
        );
        return [await emitter.serverSideEmitWithAck("asked", 10), await called];
      });
      const [all, [error, called]] = answers as [number[], [null, number[]]];
      assert.deepEqual(all.sort(), [10, 11]);
      assert.equal(error, null);
      assert.deepEqual(called.sort(), [20, 21]);
      for (const worker of cluster.workers) {
        await waitFor(() =>
          worker.run(({ state }) => state["told"] !== undefined),
        );
      }
    });
  });
}
