import assert from "node:assert/strict";
import { collect, onceEvent, receivedNames } from "../support/client";
import type { TestCluster } from "../support/cluster";
import type { TestWorker } from "../support/worker";
import { waitFor } from "../support/wait";
import { startSubject, workersOf } from "./subject";

describe("order", () => {
  let cluster: TestCluster;
  let first: TestWorker;
  let second: TestWorker;

  before(async () => {
    cluster = await startSubject(3);
    [first, second] = workersOf(cluster);
  });
  after(() => cluster.stop());
  afterEach(() => cluster.workers.forEach((worker) => worker.closeClients()));

  it("a broadcast comes before what is emitted to a socket after it", async () => {
    const client = await first.connect();
    await first.run(({ io }, id) => {
      io.emit("a");
      io.of("/").sockets.get(id)?.emit("b");
      io.to(id).emit("c");
      io.of("/").sockets.get(id)?.emit("d");
    }, client.id as string);
    await onceEvent(client, "d");
    assert.deepEqual(receivedNames(client), ["a", "b", "c", "d"]);
  });

  it("room operations and broadcasts of one turn take effect in their order, everywhere", async () => {
    const clients = [
      await first.connect(),
      await second.connect(),
      await workersOf(cluster)[2].connect(),
    ];
    await first.run(({ io }) => {
      io.to("r").emit("before");
      io.socketsJoin("r");
      io.to("r").emit("joined");
      io.socketsLeave("r");
      io.to("r").emit("left");
      io.emit("last");
      io.disconnectSockets();
      io.emit("gone");
    });
    for (const client of clients) {
      await onceEvent(client, "disconnect");
      assert.deepEqual(receivedNames(client), ["joined", "last", "disconnect"]);
    }
  });

  it("what a listener of an outgoing packet emits comes after that packet, everywhere", async () => {
    const clients = [await first.connect(), await second.connect()];
    await first.run(({ io }) => {
      for (const socket of io.of("/").sockets.values()) {
        socket.onAnyOutgoing((event) => {
          if (event === "cause") {
            io.emit("effect");
          }
        });
      }
      io.emit("cause");
    });
    const [, remote] = clients;
    assert.ok(remote);
    await onceEvent(remote, "effect");
    assert.deepEqual(receivedNames(remote), ["cause", "effect"]);
  });

  it("packets that need the parser keep their place among the others", async () => {
    const client = await second.connect();
    await first.run(({ io }) => {
      for (let i = 0; i < 50; i++) {
        io.emit("n", i % 2 ? i : { toJSON: () => i });
      }
    });
    assert.deepEqual(
      await collect(client, "n", 50),
      Array.from({ length: 50 }, (_, i) => [i]),
    );
  });

  it("a request is answered as things were when it was made, whatever comes in the same turn", async () => {
    await second.connect();
    const rooms = await first.run(async ({ io }) => {
      const fetched = io.fetchSockets();
      io.socketsJoin("late");
      return (await fetched).map((socket) => [...socket.rooms]);
    });
    assert.equal(rooms.length, 1);
    assert.deepEqual(rooms.flat().includes("late"), false);
  });

  it("a server-side event with an acknowledgement comes before those that follow", async () => {
    await second.run(({ io, state }) => {
      const seen: string[] = [];
      state["seen"] = seen;
      io.on(
        "ask" as "connection",
        ((ack: (value: string[]) => void) => {
          seen.push("ask");
          ack(seen);
        }) as never,
      );
      io.on("tell" as "connection", (() => seen.push("tell")) as never);
    });
    await workersOf(cluster)[2].run(({ io }) => {
      io.on("ask" as "connection", ((ack: () => void) => ack()) as never);
    });
    await first.run(
      ({ io }) =>
        new Promise<void>((resolve) => {
          io.serverSideEmit("ask", () => resolve());
          io.serverSideEmit("tell");
        }),
    );
    const seen = await waitFor(async () => {
      const list = await second.run(({ state }) => state["seen"] as string[]);
      return list.length === 2 && list;
    });
    assert.deepEqual(seen, ["ask", "tell"]);
  });
});
