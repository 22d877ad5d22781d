import assert from "node:assert/strict";
import { serializations } from "../robustness/subject";
import { collect } from "../support/client";
import type { TestCluster } from "../support/cluster";
import { eventually } from "../support/wait";
import type { TestWorker } from "../support/worker";
import { arrive, eventsOf, fence, lose } from "./guests";
import { isOrdered, startRecovering } from "./recovery-cluster";
import { freeze, returnTo, ticketOf } from "./returning";
import { welcome } from "./traffic";

for (const serialization of serializations) {
  describe(`what a client that returns has missed, ${serialization}`, () => {
    let cluster: TestCluster;
    let workers: [TestWorker, TestWorker, TestWorker];

    before(async () => {
      cluster = await startRecovering(3, { serialization });
      workers = cluster.workers as typeof workers;
    });
    afterEach(() => workers.forEach((worker) => worker.closeClients()));
    after(() => cluster?.stop());

    it("it has its id, its rooms and its data again, and both sides know that it is recovered", async () => {
      const [first, second] = workers;
      const client = await arrive(first, { rooms: ["red", "green"] });
      const { id } = client;
      await first.run(({ io }, own) => {
        const socket = io.of("/").sockets.get(own as string);
        void socket?.leave("green");
        void socket?.join(["blue", own as string]);
        socket!.data = { user: { name: "ñ" }, bytes: Buffer.from([1, 2]) };
      }, id);
      await lose(client);
      await returnTo(client, second);
      assert.equal(client.recovered, true);
      assert.equal(client.id, id);
      const state = await second.run(({ io }, own) => {
        const { recovered, rooms, data } = io
          .of("/")
          .sockets.get(own as string)!;
        const isBuffer = Buffer.isBuffer(data.bytes);
        return { recovered, rooms: [...rooms].sort(), data, isBuffer };
      }, id);
      assert.deepEqual(state, {
        recovered: true,
        rooms: [id, "red", "blue"].sort(),
        data: {
          user: { name: "ñ" },
          bytes: { type: "Buffer", data: [1, 2] },
        },
        isBuffer: true,
      });
    });

    it("it gets what was for it, from all workers, each once and in one order", async () => {
      const [first, second, third] = workers;
      const client = await arrive(first, { rooms: ["red", "green"] });
      const other = await arrive(second, { rooms: ["red"] });
      const { id } = client;
      await lose(client);
      await second.run(
        ({ io }, own, neighbour) => {
          io.emit("all", 1, Buffer.from("a"), { deep: [Buffer.from("b")] });
          io.to("red").emit("red", "text");
          io.to("blue").emit("not for it");
          io.to(["red", "green"]).emit("both");
          io.except("red").emit("not for it");
          io.to("green").except("blue").emit("but blue");
          io.to("green")
            .except(own as string)
            .emit("not for it");
          io.to(own as string).emit("direct");
          io.of("/")
            .sockets.get(neighbour as string)
            ?.broadcast.emit("others");
        },
        id,
        other.id,
      );
      await third.run(({ io }) => void io.emit("last", null));
      await returnTo(client, third);
      assert.equal(client.recovered, true);
      await fence(client, workers);
      assert.deepEqual(eventsOf(client), [
        ["all", 1, Buffer.from("a"), { deep: [Buffer.from("b")] }],
        ["red", "text"],
        ["both"],
        ["but blue"],
        ["direct"],
        ["others"],
        ["last", null],
      ]);
    });

    for (const state of ["connected", "away"]) {
      it(`what its own worker sends to it, by socket.emit() and around changes of rooms, reaches a client that is ${state}`, async () => {
        const [first, second] = workers;
        const client = await arrive(first, { rooms: ["red"] });
        const end = state === "away" ? freeze(client) : () => {};
        await first.run(({ io }, own) => {
          const socket = io.of("/").sockets.get(own as string)!;
          socket.emit("own", 1, Buffer.from("x"));
          io.to("red").emit("red before it leaves");
          void socket.leave("red");
          io.to("red").emit("red when it has left");
          io.to("blue").emit("blue before it joins");
          io.except("blue").emit("but blue before it joins");
          void socket.join("blue");
          io.to("blue").emit("blue when it has joined");
          io.except("blue").emit("but blue when it has joined");
          socket.broadcast.emit("not itself");
          socket.emit("own", 2);
        }, client.id);
        const receiver =
          state === "away"
            ? await second.connect("/", { ticket: ticketOf(client) })
            : client;
        end();
        await fence(receiver, workers);
        assert.equal(receiver.recovered, state === "away");
        assert.deepEqual(eventsOf(receiver), [
          ["own", 1, Buffer.from("x")],
          ["red before it leaves"],
          ["but blue before it joins"],
          ["blue when it has joined"],
          ["own", 2],
        ]);
      });
    }

    it("nothing comes again after volatile and local events that end in a text, and events without an argument", async () => {
      const [first, second] = workers;
      for (const last of ["volatile", "local", "one socket", "empty"]) {
        const client = await arrive(first);
        await second.run(({ io }) => void io.emit("seen"));
        await fence(client, [second]);
        await first.run(
          ({ io }, kind, own) => {
            const socket = io.of("/").sockets.get(own as string)!;
            switch (kind) {
              case "volatile":
                io.volatile.emit("event", "AAAAAA.00000000");
                break;
              case "local":
                io.local.emit("event", "some text");
                break;
              case "one socket":
                socket.volatile.emit("event", "some text");
                break;
              default:
                io.emit("event");
            }
          },
          last,
          client.id,
        );
        await collect(client, "event", 1);
        await lose(client);
        await second.run(({ io }) => void io.emit("missed"));
        await returnTo(client, second);
        assert.equal(client.recovered, true, last);
        await fence(client, workers);
        const names = eventsOf(client).map(([name]) => name);
        assert.deepEqual(names, ["seen", "event", "missed"], last);
        client.disconnect();
      }
    });

    it("volatile events, local events and those that ask for an acknowledgement are not sent again", async () => {
      const [first, second] = workers;
      const client = await arrive(first);
      await lose(client);
      await eventually(async () =>
        assert.equal(await first.run(({ io }) => io.of("/").sockets.size), 0),
      );
      for (const worker of workers) {
        await worker.run(async ({ io }) => {
          io.volatile.emit("volatile", "text");
          io.local.emit("local", "text");
          const answers = await io.timeout(5_000).emitWithAck("ask");
          io.emit("kept", answers as unknown[]);
        });
      }
      await returnTo(client, second);
      await fence(client, workers);
      assert.deepEqual(eventsOf(client), [
        ["kept", []],
        ["kept", []],
        ["kept", []],
      ]);
    });

    it("each namespace of a connection is recovered on its own", async () => {
      const [first, second] = workers;
      for (const nsp of ["/one", "/two"]) {
        await cluster.formed(nsp);
        await Promise.all(workers.map((worker) => worker.run(welcome, nsp)));
      }
      await isOrdered(cluster);
      const main = await arrive(first);
      const seen: Record<string, unknown[][]> = { "/one": [], "/two": [] };
      const others = ["/one", "/two"].map((nsp) => {
        const socket = main.io.socket(nsp, { auth: { rooms: ["red"] } });
        socket.onAny((...args: unknown[]) =>
          seen[nsp]?.push(args.slice(0, -1)),
        );
        return socket;
      });
      await eventually(() =>
        assert.deepEqual(seen, {
          "/one": [["welcome"]],
          "/two": [["welcome"]],
        }),
      );
      await lose(main);
      await second.run(({ io }) => {
        io.of("/one").to("red").emit("missed", "one");
        io.of("/two").emit("missed", "two");
        io.emit("missed", "main");
      });
      // the others come with it
      await returnTo(main, second);
      await fence(main, workers);
      await eventually(() =>
        assert.deepEqual(seen, {
          "/one": [["welcome"], ["missed", "one"]],
          "/two": [["welcome"], ["missed", "two"]],
        }),
      );
      assert.deepEqual(eventsOf(main), [["missed", "main"]]);
      assert.deepEqual(
        [main, ...others].map((socket) => socket.recovered),
        [true, true, true],
      );
    });
  });
}
